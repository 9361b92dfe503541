//go:build tools

// Package geth pins the L1 client that the deployment is tried against in development mode, so that every machine builds the same one from the same sums.
package geth

import (
	_ "github.com/ethereum/go-ethereum/cmd/geth"
)
