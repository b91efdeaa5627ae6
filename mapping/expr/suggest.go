package expr

import "strings"

// maxDistance is the edit distance up to which a name is suggested.
const maxDistance = 2

// Suggest returns the nearest of names, compared without case, or "" when none is
// within an edit distance of 2. The first of several equally near ones wins.
func Suggest(name string, names []string) string {
	best, least := "", maxDistance+1
	name = strings.ToLower(name)
	if len(name) > 256 {
		return ""
	}
	for _, n := range names {
		// Of very short names everything is near.
		if d := distance(name, strings.ToLower(n), least); d < least && d < max(len(n), len(name)) {
			best, least = n, d
		}
	}
	return best
}

// distance is the Levenshtein distance of a and b in bytes, or limit if it is
// not below that.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			cost := prev
			if a[i] != b[j] {
				cost++
			}
			prev = row[j+1]
			row[j+1] = min(cost, prev+1, row[j]+1)
			least = min(least, row[j+1])
		}
		if least >= limit {
			return limit
		}
	}
	return min(row[len(b)], limit)
}
