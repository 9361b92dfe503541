// Prints what CometBFT itself signs for votes, for test/protocol/engineVotes.json: cd tools && go run ./votes > ../test/protocol/engineVotes.json
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

type vector struct {
	Kind        int32  `json:"kind"`
	Height      int64  `json:"height"`
	Round       int32  `json:"round"`
	BlockHash   string `json:"blockHash"`
	PartCount   uint32 `json:"partCount"`
	PartsHash   string `json:"partsHash"`
	Time        int64  `json:"time"`
	Nanoseconds int    `json:"nanoseconds"`
	SignBytes   string `json:"signBytes"`
}

func main() {
	const chainID = "strikeproof-0123456789abcdef0123456789abcdef"
	heights := []int64{1, 127, 128, 65_536, 1 << 33, 1<<53 - 1}
	rounds := []int32{0, 1, 255, 256, 1<<31 - 1}
	counts := []uint32{0, 1, 127, 128, 16_383, 16_384, 2_097_152, 1<<31 - 1, 1 << 31, 1<<32 - 1}
	// From year 1 to year 9999, which is all that the engine takes.
	times := []int64{-62_135_596_800, -1, 0, 1, 127, 128, 1_770_000_000, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<35 - 1, 1 << 35, 253_402_300_799}
	parts := []int{0, 1, 127, 128, 16_384, 2_097_152, 268_435_456, 999_999_999}
	var vectors []vector
	// Every value of every field, with others that go round at another pace.
	for i := 0; i < len(times)*len(counts)/2; i++ {
		kind := cmtproto.SignedMsgType(1 + i%2)
		v := vector{
			Kind: int32(kind), Height: heights[i%len(heights)], Round: rounds[i/2%len(rounds)], PartCount: counts[i%len(counts)],
			Time: times[i%len(times)], Nanoseconds: parts[i/3%len(parts)],
		}
		hash, partsHash := bytes.Repeat([]byte{byte(i)}, 32), bytes.Repeat([]byte{byte(255 - i)}, 32)
		vote := cmtproto.Vote{Type: kind, Height: v.Height, Round: v.Round, Timestamp: time.Unix(v.Time, int64(v.Nanoseconds)).UTC()}
		if v.PartCount > 0 {
			vote.BlockID = cmtproto.BlockID{Hash: hash, PartSetHeader: cmtproto.PartSetHeader{Total: v.PartCount, Hash: partsHash}}
		}
		v.BlockHash, v.PartsHash = "0x"+hex.EncodeToString(hash), "0x"+hex.EncodeToString(partsHash)
		v.SignBytes = "0x" + hex.EncodeToString(types.VoteSignBytes(chainID, &vote))
		vectors = append(vectors, v)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(vectors); err != nil {
		panic(err)
	}
}
