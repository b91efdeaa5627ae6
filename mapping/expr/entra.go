package expr

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"time"
	"unicode/utf16"

	"github.com/usher-scim/usher/schema"
)

// Functions that mappings of Microsoft Entra ID have: package importer writes
// them.

func bitAnd(v, a, _ schema.Value) (schema.Value, *Error) {
	return schema.IntegerValue(integer(v) & integer(a)), nil
}

// toBase64UTF16 is base64 of the text in UTF-16, little end first.
func toBase64UTF16(v, _, _ schema.Value) (schema.Value, *Error) {
	units := utf16.Encode([]rune(v.Text()))
	raw := make([]byte, 0, 2*len(units))
	for _, u := range units {
		raw = binary.LittleEndian.AppendUint16(raw, u)
	}
	return text(base64.StdEncoding.EncodeToString(raw))
}

func fromBase64UTF16(v, _, _ schema.Value) (schema.Value, bool) {
	s, _ := v.Str()
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(raw)%2 != 0 {
		return schema.Value{}, false
	}
	units := make([]uint16, 0, len(raw)/2)
	for i := 0; i < len(raw); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(raw[i:]))
	}
	return schema.StringValue(string(utf16.Decode(units))), true
}

// fileTimeEpoch is where the times of Windows begin, in seconds before 1970; they
// count in 100 ns.
const (
	fileTimeEpoch  = 11_644_473_600
	fileTimeSecond = 10_000_000
)

func dateFromNum(v, _, _ schema.Value) (schema.Value, *Error) {
	n := integer(v)
	if n < 0 {
		return schema.Value{}, convertError("not the number of a date", v)
	}
	t := time.Unix(n/fileTimeSecond-fileTimeEpoch, n%fileTimeSecond*100).UTC()
	if t.Year() > 9999 {
		return schema.Value{}, limitError("a date is out of range")
	}
	return text(t.Format(time.RFC3339Nano))
}

func numFromDate(v, _, _ schema.Value) (schema.Value, *Error) {
	t, _, ok := instant(v)
	if !ok {
		return schema.Value{}, convertError("not a date", v)
	}
	if s := t.Unix() + fileTimeEpoch; s >= 0 && s < math.MaxInt64/fileTimeSecond {
		return schema.IntegerValue(s*fileTimeSecond + int64(t.Nanosecond()/100)), nil
	}
	return schema.Value{}, limitError("a date is out of range")
}
