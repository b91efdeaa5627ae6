package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// MaxSeed bounds a seed file, in bytes.
const MaxSeed = 64 << 20

// DecodeSeed decodes a seed file: one JSON object and nothing else, whose keys
// all stand in the value that into points to. Numbers that meet an any become
// json.Number. No more than [MaxSeed] bytes are read.
func DecodeSeed(r io.Reader, into any) error {
	limited := &io.LimitedReader{R: r, N: MaxSeed + 1}
	dec := json.NewDecoder(limited)
	dec.DisallowUnknownFields()
	dec.UseNumber()
	err := dec.Decode(into)
	if err == nil {
		if _, trailing := dec.Token(); !errors.Is(trailing, io.EOF) {
			err = errors.New("there is more than one JSON object")
		}
	}
	switch {
	case limited.N == 0:
		return fmt.Errorf("the seed is longer than %d bytes", MaxSeed)
	case errors.Is(err, io.EOF):
		return errors.New("the seed is empty")
	}
	return err
}

// IDs finds ids that are given to two records.
type IDs struct {
	seen  map[int64]bool
	twice error
}

// Add notes the id of a record; zero, which is none, is passed over.
func (s *IDs) Add(id int64) {
	if id != 0 && s.seen[id] && s.twice == nil {
		s.twice = fmt.Errorf("two records have the id %d", id)
	}
	if s.seen == nil {
		s.seen = map[int64]bool{}
	}
	s.seen[id] = true
}

// Err names the first id that was added twice.
func (s *IDs) Err() error { return s.twice }
