package scim_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scim/internal/teststore"
)

// hostiles are the requests of TestHostile and BenchmarkHostile, by what they
// abuse.
func hostiles() map[string]hostile {
	all := map[string]hostile{}
	for _, some := range []map[string]hostile{hostileBodies(), hostileLists(), hostileQueries(), hostilePatches(), hostileSearches(), hostileBulks(), hostileHeaders()} {
		maps.Copy(all, some)
	}
	return all
}

// counted joins n copies of a text by commas, with numbers for its #.
func counted(n int, format string) string {
	return times(n, func(i int) string { return strings.ReplaceAll(format, "#", fmt.Sprint(i)) })
}

func userWith(members string) string { return `{"userName":"u",` + members + `}` }

// JSON documents.
func hostileBodies() map[string]hostile {
	post := func(members string, status int) hostile {
		return hostile{method: "POST", path: "/Users", body: userWith(members), status: status}
	}
	again := strings.Repeat
	return map[string]hostile{
		"body/deep":             post(`"x":`+again("[", 40_000)+again("]", 40_000), 400),
		"body/wide and deep":    post(`"x":[[]`+again(","+again("[", 30)+again("]", 30), 2000)+`]`, 201),
		"body/empty lists":      post(`"x":[[]`+again(",[]", 100_000)+`]`, 201),
		"body/empty objects":    post(`"x":[{}`+again(",{}", 100_000)+`]`, 201),
		"body/ones":             post(`"x":[1`+again(",1", 100_000)+`]`, 201),
		"body/100000 keys":      post(counted(100_000, `"#":1`), 201),
		"body/upper-case keys":  post(counted(80_000, `"K#":1`), 201),
		"body/names in cases":   post(counted(80_000, `"k#":1`)+`,"K79999":1`, 400),
		"body/dotted keys":      post(counted(50_000, `"a#.b":1`), 201),
		"body/keys with filter": post(counted(20_000, `"emails[type eq \"#\" and nope pr].value":1`), 201),
		"body/keys with URN":    post(counted(50_000, `"urn:x:#":1`), 201),
		"body/long keys":        post(counted(50, `"#`+again("Aé", 5000)+`":1`), 201),
		"body/schemas":          post(`"schemas":[`+counted(50_000, `"urn:#"`)+`]`, 201),
		"body/escapes":          post(`"title":"`+again(`\u00e9`, 100_000)+`"`, 201),
		"body/line feeds":       post(`"title":"`+again(`\n`, 100_000)+`"`, 201),
		"body/not UTF-8":        post(`"title":"`+again("\xff", 100_000)+`"`, 400),
		"body/markup":           post(`"title":"`+again("<", 100_000)+`"`, 201),
		"body/huge number":      post(`"`+teststore.FreshURN+`":{"score":`+again("9", 100_000)+`}`, 400),
		"body/exponents":        post(`"x":[1`+again(",1e-999", 20_000)+`]`, 201),
		"body/cut off":          post(`"x":["a"`+again(`,"a"`, 100_000), 400),
		"body/nothing":          post(`"x":"`+again("a", 2<<20), 413),

		"values/combined name":      {method: "POST", path: "/Users", body: `{"userName":"a` + again(`\u0301`, 50_000) + `"}`, status: 201},
		"values/wide name":          {method: "POST", path: "/Users", body: `{"userName":"` + again(`Ａ`, 100_000) + `"}`, status: 201},
		"values/name to the left":   {method: "POST", path: "/Users", body: `{"userName":"` + again(`א1`, 50_000) + `"}`, status: 201},
		"values/empty":              post(`"addresses":[{}`+again(",{}", 49_999)+`]`, 201),
		"values/without a value":    post(`"addresses":[`+counted(20_000, `{"type":"#"}`)+`]`, 201),
		"values/all the same":       post(`"addresses":[{"type":"a"}`+again(`,{"type":"a"}`, 20_000)+`]`, 201),
		"values/unknown parts":      post(`"emails":[`+counted(20_000, `{"a#":1}`)+`]`, 201),
		"values/all primary":        post(`"emails":[`+counted(20_000, `{"value":"#","primary":true}`)+`]`, 201),
		"values/roles in text":      post(`"roles":[`+counted(10_000, `{"value":"{\"value\":\"#\",\"x\":[[[[]]]]}"}`)+`]`, 201),
		"values/folded":             post(`"emails":[`+counted(20_000, `{"value":"ÉÀ#"}`)+`]`, 201),
		"values/text":               post(`"`+teststore.FreshURN+`":{"tags":[`+counted(40_000, `"#"`)+`]}`, 201),
		"values/of any type":        post(`"`+teststore.FreshURN+`":{"anything":[`+counted(40_000, `{"a":#}`)+`]}`, 201),
		"values/too many":           post(`"emails":[{}`+again(",{}", 60_000)+`]`, 413),
		"values/searched by keys":   post(`"emails":[`+counted(20_000, `{"value":"#"}`)+`],`+counted(1000, `"emails[type eq \"#\"].value":"x"`), 413),
		"values/too many such keys": post(counted(1001, `"emails[type eq \"#\"].value":"x"`), 413),
	}
}

// Filters on each user of a list.
func hostileLists() map[string]hostile {
	list := func(filter string, status int) hostile {
		return hostile{method: "GET", path: "/Users?filter=" + strings.NewReplacer(" ", "+", "[", "%5B", "]", "%5D", `"`, "%22").Replace(filter), users: 100, status: status}
	}
	// long joins as many copies of a term as the limits allow; a term with a value
	// path is two.
	long := func(term, by string) string {
		n := min(200/(1+strings.Count(term, "[")), (4096+len(by))/(len(term)+len(by)))
		return strings.TrimSuffix(strings.Repeat(term+by, n), by)
	}
	page := func(h hostile) hostile {
		h.scan = true // it shows them all
		return h
	}
	return map[string]hostile{
		"filter/nested":        page(list(strings.Repeat("not (", 32)+"title pr"+strings.Repeat(")", 32), 200)),
		"filter/nested pairs":  page(list(strings.Repeat("(title ne \"x\" and ", 32)+"title pr"+strings.Repeat(")", 32), 200)),
		"filter/too deep":      list(strings.Repeat("not (", 800)+"title pr"+strings.Repeat(")", 800), 400),
		"filter/too long":      list(`title eq "`+strings.Repeat("x", 5000)+`"`, 400),
		"filter/too many":      list(long("id pr", " or ")+" or id pr", 400),
		"filter/co":            list(long(`title co "q"`, " or "), 200),
		"filter/co in capital": list(long(`displayName co "q"`, " or "), 200),
		"filter/ne":            list(long(`title ne "q"`, " and "), 200),
		"filter/gt":            list(long(`displayName gt "z"`, " or "), 200),
		"filter/schemas":       list(long(`schemas co "q"`, " or "), 200),
		"filter/dates":         list(long(`meta.created lt "2020-01-01T00:00:00Z"`, " or "), 200),
		"filter/value paths":   list(long(`emails[type eq "q"]`, " or "), 200),
		"filter/behind paths":  list(long(`emails[type eq "work"].value eq "q"`, " or "), 200),
		"filter/resource type": list(long(`meta.resourceType eq "q"`, " or "), 200),
		"filter/location":      list(long(`meta.location co "q"`, " or "), 200),
		"filter/userName":      list(long(`userName co "q"`, " or "), 200),
		"filter/names":         list(long(`userName eq "Ａ"`, " or "), 200),
		"filter/combined name": list(`userName eq "a`+strings.Repeat("\u0301", 1500)+`"`, 200),
		"filter/escapes":       list(`title eq "`+strings.Repeat(`\u0041`, 600)+`"`, 200),
	}
}

// Parameters of a list.
func hostileQueries() map[string]hostile {
	get := func(query string) hostile {
		return hostile{method: "GET", path: "/Users?" + query, users: 1, status: 200}
	}
	sorted := func(query string) hostile {
		return hostile{method: "GET", path: "/Users?" + query, users: 500, scan: true, status: 200}
	}
	again := strings.Repeat
	return map[string]hostile{
		"query/1000 names":       get("attributes=" + counted(1000, "nope#")),
		"query/100000 names":     get("attributes=" + counted(100_000, "nope#")),
		"query/short names":      get("attributes=a" + again(",a", 100_000)),
		"query/the same name":    get("attributes=id" + again(",id", 100_000)),
		"query/extensions":       get("attributes=" + entURN + again(","+entURN, 10_000)),
		"query/filtered names":   get("attributes=" + strings.ReplaceAll(counted(10_000, `emails%5Btype+eq+%22#%22%5D`), " ", "+")),
		"query/excluded":         get("excludedAttributes=title" + again(",name.givenName", 60_000)),
		"query/parameters":       get("attributes=a" + again("&attributes=a", 20_000)),
		"query/other parameters": get("a=1" + again("&A%41=%41", 50_000)),
		"query/commas":           get("attributes=" + again(",", 200_000)),
		"query/dots":             get("attributes=" + again("a.", 100_000)),
		"query/garbage":          get("attributes=?" + again(",?", 100_000)),
		"query/sorted":           sorted("sortBy=displayName&count=500"),
		"query/sorted by dates":  sorted("sortBy=meta.created&sortOrder=descending&count=500"),
		"query/sorted by path":   sorted("sortBy=emails%5Btype+eq+%22work%22%5D.value&count=500"),
		"query/last page":        sorted("sortBy=displayName&count=1&startIndex=500"),
		"query/by cursor":        sorted("sortBy=displayName&count=1&cursor"),
	}
}

// PATCH operations.
func hostilePatches() map[string]hostile {
	patch := func(stored, ops string, status int) hostile {
		h := hostile{method: "PATCH", path: "/Users/1?attributes=id", body: patchBody(ops), stored: stored, status: status}
		if !strings.Contains(stored, `"userName"`) {
			h.path = "/Groups/1"
		}
		return h
	}
	many := func(h hostile) hostile {
		h.options = func(o *scim.Options) { o.MaxPatchOps = 20_000 }
		return h
	}
	emails := func(n int) string {
		return userWith(`"emails":[` + counted(n, `{"value":"e#@example.com","type":"t#"}`) + `]`)
	}
	group := func(n int) string {
		return `{"displayName":"g","members":[` + counted(n, `{"value":"m#","display":"Member #"}`) + `]}`
	}
	value := func(path, value string) string {
		return `{"op":"replace","path":"` + path + `","value":` + value + `}`
	}
	const (
		add    = `{"op":"add","path":"members","value":[{"value":"n#"}]}`
		addSix = `{"op":"add","path":"members","value":[{"value":"n#"},{"value":"o#"},{"value":"p#"},{"value":"q#"},{"value":"r#"},{"value":"s#"}]}`
		remove = `{"op":"remove","path":"members[value eq \"m#\"]"}`
	)
	typed := value(`emails[type eq \"t#\"].value`, `"x#"`)
	removeMany := `{"op":"remove","path":"members[value eq \"m#\"` + strings.Repeat(` or value eq \"m#\"`, 150) + `]"}`
	user := plainUser(1)
	return map[string]hostile{
		"patch/too many operations": patch(user, counted(10_000, value("title", `"#"`)), 413),
		"patch/10000 operations":    many(patch(user, counted(10_000, value("title", `"#"`)), 200)),
		"patch/10000 additions":     many(patch(user, counted(10_000, `{"op":"add","path":"emails","value":[{"value":"#"}]}`), 200)),
		"patch/10000 primaries":     many(patch(user, counted(10_000, `{"op":"add","path":"emails","value":[{"value":"#","primary":true}]}`), 413)),
		"patch/10000 not there":     many(patch(user, counted(10_000, typed), 413)),
		"patch/1000 not there":      patch(user, counted(1000, typed), 413),
		"patch/200 not there":       patch(user, counted(200, typed), 200),
		"patch/empty operations":    patch(user, "{}"+strings.Repeat(",{}", 999), 400),
		"patch/no extension":        patch(user, counted(1000, `{"op":"remove","path":"`+teststore.FreshURN+`"}`), 200),
		"patch/no fields":           patch(user, counted(1000, `{"op":"replace","value":{"custom_fields":null}}`), 200),
		"patch/names":               patch(user, counted(1000, `{"op":"replace","value":{"name":{"givenName":"#","familyName":null,"middleName":"y"}}}`), 200),
		"patch/unknown keys":        patch(user, `{"op":"replace","value":{`+counted(50_000, `"k#":1`)+`}}`, 200),
		"patch/keys with filter":    patch(user, `{"op":"replace","value":{`+counted(20_000, `"emails[type eq \"#\" and nope pr].value":1`)+`}}`, 200),

		"patch/1000 on 1000":       patch(emails(1000), counted(1000, typed), 413),
		"patch/60 on 1000":         patch(emails(1000), counted(60, typed), 200),
		"patch/1000 on 50":         patch(emails(50), counted(1000, value(`emails[type eq \"t7\"].value`, `"x#"`)), 200),
		"patch/1000 keys on 1000":  patch(emails(1000), `{"op":"replace","value":{`+counted(1000, `"emails[type eq \"t#\"].value":"#"`)+`}}`, 413),
		"patch/1 on 20000":         patch(emails(20_000), value(`emails[type eq \"t7\"].value`, `"x"`), 200),
		"patch/long on 20000":      patch(emails(20_000), value(`emails[type co \"q\"`+strings.Repeat(` or type co \"q\"`, 190)+`].value`, `"x"`), 413),
		"patch/all of 1000":        patch(emails(1000), counted(1000, value("emails.display", `"x#"`)), 413),
		"patch/primary by turns":   patch(emails(1000), counted(500, value(`emails[type eq \"t1\"].primary`, "true")+","+value(`emails[type eq \"t2\"].primary`, "true")), 413),
		"patch/values removed":     patch(emails(1000), counted(1000, `{"op":"remove","path":"emails","value":[{"value":"e#@example.com"}]}`), 200),
		"patch/two lists by turns": patch(emails(5000), counted(500, `{"op":"add","path":"emails","value":[{"value":"n#"}]},{"op":"add","path":"phoneNumbers","value":[{"value":"n#"}]}`), 413),
		"patch/1000 on 50000":      patch(emails(50_000), counted(1000, typed), 413),

		"patch/members added":        patch(group(50_000), counted(1000, add), 204),
		"patch/members removed":      patch(group(50_000), counted(1000, remove), 204),
		"patch/many removed at once": patch(group(20_000), counted(20, removeMany), 204),
		"patch/members by turns":     patch(group(20_000), counted(500, add+","+remove), 413),
		"patch/some by turns":        patch(group(20_000), counted(20, add+","+remove), 204),
		"patch/six by turns":         patch(group(20_000), counted(500, addSix+","+remove), 413),
		"patch/members by display":   patch(group(20_000), counted(1000, `{"op":"remove","path":"members[display eq \"Member #\"]"}`), 413),
		"put/members":                {method: "PUT", path: "/Groups/1", body: group(20_000), stored: group(20_000), status: 200},
	}
}

// Bodies of searches.
func hostileSearches() map[string]hostile {
	search := func(members string, status int) hostile {
		return hostile{method: "POST", path: "/Users/.search", users: 1, status: status,
			body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],` + members + `}`}
	}
	all := search(`"attributes":[`+counted(50_000, `"nope#"`)+`]`, 200)
	all.path = "/.search"
	return map[string]hostile{
		"search/100000 names": search(`"attributes":[`+counted(80_000, `"nope#"`)+`]`, 200),
		"search/short names":  search(`"attributes":["a"`+strings.Repeat(`,"a"`, 100_000)+`]`, 200),
		"search/commas":       search(`"excludedAttributes":["`+strings.Repeat(",", 100_000)+`"]`, 200),
		"search/all types":    all,
		"search/keys":         search(counted(80_000, `"#":1`), 200),
		"search/long filter":  search(`"filter":"`+strings.Repeat("(", 100_000)+`"`, 400),
		"search/long cursor":  search(`"cursor":"`+strings.Repeat("A", 100_000)+`"`, 400),
		"search/deep":         search(`"x":`+strings.Repeat("[", 40_000), 400),
	}
}

// Bulk requests.
func hostileBulks() map[string]hostile {
	bulk := func(ops string, status int) hostile {
		return hostile{method: "POST", path: "/Bulk", body: bulkBody("", ops), status: status}
	}
	create := `{"method":"POST","path":"/Groups","bulkId":"#","data":{"displayName":"#"}}`
	all := counted(100, `{"value":"bulkId:#"}`)
	chain := func(n int, last string) string {
		return times(n, func(i int) string {
			next := last
			if i < n-1 {
				next = fmt.Sprint("bulkId:", i+1)
			}
			return postGroup(fmt.Sprint(i), fmt.Sprint(i), withMembers(next))
		})
	}
	return map[string]hostile{
		"bulk/too many":      bulk(counted(1001, create), 413),
		"bulk/creates":       bulk(counted(1000, create), 200),
		"bulk/deletes":       bulk(counted(1000, `{"method":"DELETE","path":"/Users/#"}`), 200),
		"bulk/nothing":       bulk(counted(1000, `{"method":"GET"}`), 200),
		"bulk/empty":         bulk(counted(1000, `{}`), 400),
		"bulk/no method":     bulk(counted(1000, `{"method":""}`), 200),
		"bulk/no operations": bulk("1"+strings.Repeat(",1", 999), 400),
		"bulk/chain":         bulk(chain(1000, "1"), 200),
		"bulk/circle":        bulk(chain(1000, "bulkId:0"), 200),
		"bulk/all to all":    bulk(counted(100, `{"method":"POST","path":"/Groups","bulkId":"#","data":{"displayName":"#","members":[`+strings.ReplaceAll(all, "#", "")+`]}}`), 200),
		"bulk/long circle": bulk(postGroup("a", "a", `"members":[`+counted(20_000, `{"value":"#"}`)+`,{"value":"bulkId:b"}]`)+","+
			postGroup("b", "b", `"members":[{"value":"bulkId:a"}]`), 200),
		"bulk/many references": bulk(postGroup("a", "a")+","+postGroup("b", "b", `"members":[`+counted(20_000, `{"value":"bulkId:a","display":"#"}`)+`]`), 200),
		"bulk/quotes":          bulk(`{"method":"PATCH","path":"/Users/1","data":{"Operations":[{"op":"add","path":"`+strings.Repeat(`\"a\"`, 100_000)+`","value":1}]}}`, 200),
		"bulk/slashes":         bulk(`{"method":"PATCH","path":"/`+strings.Repeat("/", 200_000)+`","data":{}}`, 200),
	}
}

// Header fields.
func hostileHeaders() map[string]hostile {
	with := func(method, name, value string, status int) hostile {
		body := ""
		if method != http.MethodGet {
			body = userWith(`"title":"x"`)
		}
		return hostile{method: method, path: "/Users/1", body: body, header: http.Header{name: {value}}, stored: plainUser(1), status: status}
	}
	again := strings.Repeat
	return map[string]hostile{
		"header/versions":      with("PUT", "If-Match", again(`"a",`, 50_000), 412),
		"header/weak versions": with("PUT", "If-Match", again("W/", 100_000), 412),
		"header/known":         with("GET", "If-None-Match", again("a,", 100_000), 200),
		"header/token":         with("GET", "Authorization", "Bearer "+again("a", 200_000), 401),
		"header/media type":    with("PUT", "Content-Type", "application/json"+again(";a=b", 50_000), 200),
		"header/encoding":      with("PUT", "Content-Encoding", again("gzip,", 50_000), 415),
		"header/request id":    with("GET", "X-Request-Id", again("a", 200_000), 200),
		"header/prefer":        with("GET", "Prefer", again("a,", 100_000), 200),
	}
}
