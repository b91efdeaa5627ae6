package scim

import (
	"fmt"
	"slices"
	"strings"
)

// The repairs: what a [Handler] can put right in the requests of clients that
// depart from the RFCs. Each is known by name.
const (
	// RepairStringBooleans takes "True" and "false" in any case for booleans, in
	// bodies and in filters (Entra ID, OneLogin).
	RepairStringBooleans = "stringBooleans"
	// RepairEmptyAsUnset takes "" for no value where text is not wanted
	// (OneLogin's templates).
	RepairEmptyAsUnset = "emptyAsUnset"
	// RepairCreateMissing lets a PATCH through a filter that finds nothing create
	// the element that the filter describes (Entra ID).
	RepairCreateMissing = "createMissing"
	// RepairRemoveAbsent makes removing what a filter does not find a success
	// (Entra ID, which repeats removals).
	RepairRemoveAbsent = "removeAbsent"
	// RepairRemoveByValue lets a remove with a list as its value remove these
	// elements, and no others; with null or an empty list it removes none (Entra ID,
	// JumpCloud).
	RepairRemoveByValue = "removeByValue"
	// RepairExtensionPath takes the URN of a schema for a PATCH path (Entra ID).
	RepairExtensionPath = "extensionPath"
	// RepairBareExtension finds the attribute of an extension by its bare name,
	// where no other has that name, and always that of the enterprise extension
	// (Entra ID: manager).
	RepairBareExtension = "bareExtension"
	// RepairDottedKeys takes attribute paths for the keys of a body or of a PATCH
	// without a path: name.givenName (Entra ID).
	RepairDottedKeys = "dottedKeys"
	// RepairQualifiedKeys takes names with a URN for such keys, and the core URN
	// for that of an object (Entra ID).
	RepairQualifiedKeys = "qualifiedKeys"
	// RepairUnknownKeys passes over unknown keys in a PATCH without a path (clients
	// that are set up to send more than the service provider knows).
	RepairUnknownKeys = "unknownKeys"
	// RepairReadOnlyRepeats passes over schemas and meta, and over id with its
	// present value, in a PATCH (Okta).
	RepairReadOnlyRepeats = "readOnlyRepeats"
	// RepairAddNull takes an add of null for the removal that a replace with null
	// is (the gallery tests of Entra ID).
	RepairAddNull = "addNull"
	// RepairPlainReference takes a bare id for a complex value, and "" for none
	// (Entra ID: manager).
	RepairPlainReference = "plainReference"
	// RepairSingleAsList takes a single value for a list of one (OneLogin).
	RepairSingleAsList = "singleAsList"
	// RepairListAsSingle takes a list of one for a single value (old samples of
	// Entra ID: manager).
	RepairListAsSingle = "listAsSingle"
	// RepairSeveralPrimaries keeps the first of several primary values (Ping).
	RepairSeveralPrimaries = "severalPrimaries"
	// RepairTextRoles reads roles that arrive as JSON in a string (Entra ID).
	RepairTextRoles = "textRoles"
	// RepairMissingSchemas takes bodies that do not name their schema, or name the
	// wrong one (Okta for groups, OneLogin).
	RepairMissingSchemas = "missingSchemas"
	// RepairFilterBehindValuePath takes emails[type eq "work"].value eq "x" in a
	// list's filter (Entra ID).
	RepairFilterBehindValuePath = "filterBehindValuePath"
	// RepairLooseUserName takes a userName with what RFC 8265 does not allow in
	// names, such as blanks (directories with such names).
	RepairLooseUserName = "looseUserName"
	// RepairEstimatedTotals lets a backend answer a list with the number of
	// resources known so far plus one, where counting would cost it more calls (no
	// client: it spares the application).
	RepairEstimatedTotals = "estimatedTotals"
	// RepairTextParameters takes, in the body of a search, text for a number, and
	// text with commas for a list of names (clients that send the parameters of a
	// GET).
	RepairTextParameters = "textParameters"
)

// repairSet is a set of repairs, one bit each, in the order of repairNames.
type repairSet uint32

const (
	stringBooleans repairSet = 1 << iota
	emptyAsUnset
	createMissing
	removeAbsent
	removeByValue
	extensionPath
	bareExtension
	dottedKeys
	qualifiedKeys
	unknownKeys
	readOnlyRepeats
	addNull
	plainReference
	singleAsList
	listAsSingle
	severalPrimaries
	textRoles
	missingSchemas
	filterBehindValuePath
	estimatedTotals
	looseUserName
	textParameters
)

func repairNames() []string {
	return []string{
		RepairStringBooleans, RepairEmptyAsUnset, RepairCreateMissing, RepairRemoveAbsent, RepairRemoveByValue, RepairExtensionPath,
		RepairBareExtension, RepairDottedKeys, RepairQualifiedKeys, RepairUnknownKeys, RepairReadOnlyRepeats, RepairAddNull,
		RepairPlainReference, RepairSingleAsList, RepairListAsSingle, RepairSeveralPrimaries, RepairTextRoles, RepairMissingSchemas,
		RepairFilterBehindValuePath, RepairEstimatedTotals, RepairLooseUserName, RepairTextParameters,
	}
}

// names returns the names of the set's repairs, nil for none.
func (s repairSet) names() []string {
	if s == 0 {
		return nil
	}
	var out []string
	for i, n := range repairNames() {
		if s&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// Profile says how far a handler goes to meet clients that depart from the RFCs:
// it is a list of repairs. The zero Profile is the compatible one.
type Profile struct {
	// Name is what the profile is called in configurations and events.
	Name string
	// Repairs are the names of the repairs that are made.
	Repairs []string
}

// ProfileStrict returns the profile that makes no repair.
func ProfileStrict() Profile { return Profile{Name: "strict"} }

// ProfileCompatible returns the profile that makes every repair. It is the
// default.
func ProfileCompatible() Profile { return Profile{Name: "compatible", Repairs: repairNames()} }

// ProfileByName returns the profile with that name, the compatible one for "".
func ProfileByName(name string) (Profile, error) {
	switch name {
	case "", "compatible":
		return ProfileCompatible(), nil
	case "strict":
		return ProfileStrict(), nil
	default:
		return Profile{}, fmt.Errorf("scim: no profile %q: strict and compatible are there", name)
	}
}

// compile returns the profile's repairs as a set.
func (p Profile) compile() (repairSet, error) {
	if p.Name == "" && p.Repairs == nil {
		p = ProfileCompatible()
	}
	all := repairNames()
	var set repairSet
	for _, n := range p.Repairs {
		i := slices.Index(all, n)
		if i < 0 {
			return 0, fmt.Errorf("scim: profile %s: no repair %q: there are %s", p.Name, n, strings.Join(all, ", "))
		}
		set |= 1 << i
	}
	return set, nil
}
