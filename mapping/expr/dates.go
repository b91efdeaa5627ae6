package expr

import (
	"strings"
	"time"

	"github.com/usher-scim/usher/schema"
)

// layout is a parsed date format: fields and the text between them.
type layout []layoutPart

type layoutPart struct {
	field byte // y M d H m s, 0 for text
	text  string
}

const layoutFields = "yMdHms"

// parseLayout reads a format of yyyy MM dd HH mm ss. T and Z stand for
// themselves, as does everything that is no letter.
func parseLayout(format string) (layout, *Error) {
	var l layout
	for i := 0; i < len(format); {
		c := format[i]
		end := i + 1
		for end < len(format) && format[end] == c {
			end++
		}
		switch {
		case strings.IndexByte(layoutFields, c) >= 0 && end-i == width(c):
			l = append(l, layoutPart{field: c})
		case isNameStart(c) && c != 'T' && c != 'Z' && c != '_':
			return nil, &Error{Code: CodeType, Msg: "a date format has yyyy MM dd HH mm ss, not " + format[i:end]}
		default:
			l = append(l, layoutPart{text: format[i:end]})
		}
		i = end
	}
	return l, nil
}

func width(field byte) int {
	if field == 'y' {
		return 4
	}
	return 2
}

func (l layout) has(field byte) bool {
	for _, p := range l {
		if p.field == field {
			return true
		}
	}
	return false
}

// date holds the fields of a date in the order of layoutFields.
type date [6]int

func (l layout) parse(s string) (date, bool) {
	d := date{1, 1, 1}
	seen := [6]bool{}
	for _, p := range l {
		if p.field == 0 {
			rest, ok := strings.CutPrefix(s, p.text)
			if !ok {
				return d, false
			}
			s = rest
			continue
		}
		w := width(p.field)
		if len(s) < w {
			return d, false
		}
		n := 0
		for _, c := range []byte(s[:w]) {
			if !isDigit(c) {
				return d, false
			}
			n = 10*n + int(c-'0')
		}
		i := strings.IndexByte(layoutFields, p.field)
		if seen[i] && d[i] != n {
			return d, false
		}
		d[i], seen[i] = n, true
		s = s[w:]
	}
	return d, s == "" && d.valid()
}

func (d date) valid() bool {
	t := time.Date(d[0], time.Month(d[1]), d[2], d[3], d[4], d[5], 0, time.UTC)
	return t.Year() == d[0] && int(t.Month()) == d[1] && t.Day() == d[2] && t.Hour() == d[3] && t.Minute() == d[4] && t.Second() == d[5]
}

func (l layout) format(d date) string {
	var stack [64]byte
	buf := stack[:0]
	for _, p := range l {
		if p.field == 0 {
			buf = append(buf, p.text...)
			continue
		}
		n := d[strings.IndexByte(layoutFields, p.field)]
		if p.field == 'y' {
			buf = append(buf, byte('0'+n/1000%10), byte('0'+n/100%10))
		}
		buf = append(buf, byte('0'+n/10%10), byte('0'+n%10))
	}
	return string(buf)
}

// dateFormat is the way of formats that are not literals.
func dateFormat(v, a, b schema.Value) (schema.Value, *Error) {
	f, err := prepareDateFormat(nil, a, b)
	if err != nil {
		return schema.Value{}, err
	}
	return f.apply(v, a, b)
}

// prepareDateFormat reads the formats once, if both are literals. The function
// is Iso if both have the same fields. A date that the target format asks for
// must come from the source; a time that the source lacks is midnight.
func prepareDateFormat(f *function, a, b schema.Value) (*function, *Error) {
	if a.IsUnset() || b.IsUnset() {
		return f, nil
	}
	from, err := parseLayout(a.Text())
	if err != nil {
		return nil, err
	}
	to, err := parseLayout(b.Text())
	if err != nil {
		return nil, err
	}
	g := &function{}
	if f != nil {
		*g = *f
	}
	back := true
	for i, field := range []byte(layoutFields) {
		if to.has(field) && !from.has(field) {
			if i < 3 {
				return nil, &Error{Code: CodeType, Msg: "the date format " + quote(a.Text()) + " lacks what " + quote(b.Text()) + " has"}
			}
			g.class = Lossy
		}
		if from.has(field) && !to.has(field) {
			g.class = Lossy
			back = back && i >= 3
		}
	}
	g.apply = func(v, _, _ schema.Value) (schema.Value, *Error) {
		d, ok := from.parse(v.Text())
		if !ok {
			return schema.Value{}, convertError("not a date of the format "+a.Text(), v)
		}
		return text(to.format(d))
	}
	g.back = nil
	if back {
		g.back = func(v, _, _ schema.Value) (schema.Value, bool) {
			s, isText := v.Str()
			d, ok := to.parse(s)
			return schema.StringValue(from.format(d)), isText && ok
		}
	}
	return g, nil
}

// checkInterval refuses what is not a unit of time by the names of Visual Basic,
// which Entra uses, too.
func checkInterval(v schema.Value) *Error {
	switch v.Text() {
	case "yyyy", "m", "d", "ww", "h", "n", "s":
		return nil
	default:
		return &Error{Code: CodeType, Msg: "an interval is yyyy, m, d, ww, h, n or s, not " + quote(v.Text())}
	}
}

func prepareDateAdd(f *function, a, _ schema.Value) (*function, *Error) {
	if a.IsUnset() {
		return f, nil
	}
	return f, checkInterval(a)
}

// maxInterval bounds the number of units, so that no product overflows.
const maxInterval = 1 << 32

// dateAdd adds n intervals to a date or date-time, which keeps its form; adding
// hours, minutes or seconds makes a date-time of a date. The last day of a month
// is where adding months ends.
func dateAdd(v, a, b schema.Value) (schema.Value, *Error) {
	if err := checkInterval(a); err != nil {
		return schema.Value{}, err
	}
	t, dateOnly, ok := instant(v)
	if !ok {
		return schema.Value{}, convertError("not a date", v)
	}
	n := integer(b)
	if n > maxInterval || n < -maxInterval {
		return schema.Value{}, limitError("a date is out of range")
	}
	switch a.Text() {
	case "yyyy":
		t = addMonths(t, 12*n)
	case "m":
		t = addMonths(t, n)
	case "d":
		t = t.AddDate(0, 0, int(n))
	case "ww":
		t = t.AddDate(0, 0, int(7*n))
	default:
		t = addSeconds(t, n*seconds(a.Text()))
		dateOnly = false
	}
	if t.Year() < 0 || t.Year() > 9999 {
		return schema.Value{}, limitError("a date is out of range")
	}
	if dateOnly {
		return text(t.Format(time.DateOnly))
	}
	return text(t.Format(time.RFC3339Nano))
}

// seconds is the length of an interval.
func seconds(interval string) int64 {
	switch interval {
	case "s":
		return 1
	case "n":
		return 60
	case "h":
		return 3600
	case "d":
		return 24 * 3600
	default:
		return 7 * 24 * 3600
	}
}

// addSeconds adds more seconds than a time.Duration holds.
func addSeconds(t time.Time, n int64) time.Time {
	return time.Unix(t.Unix()+n, int64(t.Nanosecond())).In(t.Location())
}

func addMonths(t time.Time, n int64) time.Time {
	month := int64(t.Year())*12 + int64(t.Month()) - 1 + n
	year := month / 12
	if month %= 12; month < 0 {
		month += 12
		year--
	}
	first := time.Date(int(year), time.Month(month+1), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

// dateDiff counts the whole intervals from a to b, negative if b is earlier.
func dateDiff(v, a, b schema.Value) (schema.Value, *Error) {
	if err := checkInterval(v); err != nil {
		return schema.Value{}, err
	}
	from, _, ok := instant(a)
	if !ok {
		return schema.Value{}, convertError("not a date", a)
	}
	to, _, ok := instant(b)
	if !ok {
		return schema.Value{}, convertError("not a date", b)
	}
	from, to = from.UTC(), to.UTC()
	switch v.Text() {
	case "yyyy":
		return schema.IntegerValue(months(from, to) / 12), nil
	case "m":
		return schema.IntegerValue(months(from, to)), nil
	default:
		elapsed := to.Unix() - from.Unix()
		switch nanos := to.Nanosecond() - from.Nanosecond(); {
		case elapsed > 0 && nanos < 0:
			elapsed--
		case elapsed < 0 && nanos > 0:
			elapsed++
		}
		return schema.IntegerValue(elapsed / seconds(v.Text())), nil
	}
}

// months counts the whole months between two times.
func months(from, to time.Time) int64 {
	if to.Before(from) {
		return -months(to, from)
	}
	n := int64(to.Year()-from.Year())*12 + int64(to.Month()) - int64(from.Month())
	if addMonths(from, n).After(to) {
		n--
	}
	return n
}
