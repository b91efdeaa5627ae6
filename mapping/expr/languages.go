package expr

import (
	"strings"

	"github.com/usher-scim/usher/schema"
)

// NewLanguageMap returns the value map between BCP 47 tags (ISO 639, as SCIM's
// locale and preferredLanguage have them) and the language codes that an account
// offers; without codes, those of Freshservice. A tag that is not among the
// codes stands for its nearest: its script or region group (Latin American
// Spanish, Traditional Chinese), its parents, its language in whatever region
// there is, and English, if the account has that, of whatever region. Reading gives a code as a tag.
// Case and the separator, - or _, do not matter.
func NewLanguageMap(codes ...string) *ValueMap {
	if len(codes) == 0 {
		codes = strings.Fields(freshserviceLanguages)
	}
	spec, fallback := MapSpec{}, ""
	regional := make(map[string]string, len(codes))
	for _, c := range codes {
		tag := languageTag(c)
		spec.Entries = append(spec.Entries, Entry{SCIM: schema.StringValue(tag), Native: schema.StringValue(c)})
		lang, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if _, ok := regional[lang]; !ok {
			regional[lang] = tag
		}
		if english(tag) > english(fallback) {
			spec.Default, fallback = schema.StringValue(c), tag
		}
	}
	m, err := NewValueMap(spec)
	if err != nil {
		return nil // cannot be: all entries are texts
	}
	m.lossy = true
	m.candidates = func(s string, yield func(string) bool) {
		languageCandidates(s, func(tag string) bool {
			lang, isOnly := strings.CutSuffix(tag, "-*")
			if !isOnly {
				return yield(tag)
			}
			nearest, ok := regional[lang]
			return !ok || yield(nearest)
		})
	}
	return m
}

// english says how well a tag stands for English: 0 for not at all.
func english(tag string) int {
	switch tag = strings.ToLower(tag); {
	case tag == "en":
		return 3
	case tag == "en-us":
		return 2
	case strings.HasPrefix(tag, "en-"):
		return 1
	default:
		return 0
	}
}

// languageTag is the BCP 47 tag of an app's code: some are written in capitals,
// and Latin American Spanish is not the Spanish of Laos.
func languageTag(code string) string {
	switch tag := strings.ReplaceAll(code, "_", "-"); {
	case strings.EqualFold(tag, "es-LA"):
		return "es-419"
	case !strings.Contains(tag, "-"):
		return strings.ToLower(tag)
	default:
		return tag
	}
}

// languageCandidates yields the tags to try for a locale, best first;
// "ja-*" stands for the language in any region.
func languageCandidates(s string, yield func(string) bool) {
	if i := strings.IndexAny(s, ".@"); i >= 0 {
		s = s[:i] // de_DE.UTF-8@euro
	}
	tag := strings.ToLower(strings.ReplaceAll(s, "_", "-"))
	if !yield(tag) {
		return
	}
	lang, rest, _ := strings.Cut(tag, "-")
	for _, group := range languageGroups(lang, rest) {
		if !yield(group) {
			return
		}
	}
	for {
		i := strings.LastIndexByte(tag, '-')
		if i < 0 {
			break
		}
		if tag = tag[:i]; !yield(tag) {
			return
		}
	}
	yield(lang + "-*")
}

// languageGroups are the codes that stand for a language by rule:
// freshservice-api.md section 10.2.
func languageGroups(lang, rest string) []string {
	parts := strings.Split(rest, "-")
	region := parts[len(parts)-1]
	switch lang {
	case "no", "nb", "nn":
		return []string{"nb-no", "nb", "no"}
	case "iw":
		return []string{"he"}
	case "in":
		return []string{"id"}
	case "zh":
		for _, p := range parts {
			switch p {
			case "hans":
				return []string{"zh-cn", "zh-hans"}
			case "hant", "tw", "hk", "mo":
				return []string{"zh-tw", "zh-hant"}
			}
		}
		return []string{"zh-cn", "zh-hans"}
	case "es":
		if strings.Contains(" 419 ar bo cl co cr cu do ec gt hn la mx ni pa pe pr py sv us uy ve ", " "+region+" ") {
			return []string{"es-419"}
		}
	case "pt":
		if region == "" {
			return []string{"pt-br"}
		}
		return []string{"pt-pt", "pt"}
	}
	return nil
}

// freshserviceLanguages are the codes of reference/freshservice-languages.txt,
// which says which of them the vendor documents.
const freshserviceLanguages = `ar ca zh-CN cs da nl en et fi fr de hu id it ja-JP ko nb-NO pl pt-BR pt-PT ru-RU
sk sl es es-LA sv-SE th tr vi cy-GB he LV pt sk-SK UK zh-TW`
