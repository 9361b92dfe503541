//go:build tools

// Package tools pins the consensus engine, so that every machine builds the same one from the same sums.
package tools

import (
	_ "github.com/cometbft/cometbft/cmd/cometbft"
)
