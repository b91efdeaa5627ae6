package freshservicetest

// Rules are the switches for behaviour that the reference marks as inferred,
// contradictory or unknown. The zero value is the behaviour held to be the most
// likely, or, where nothing speaks for either, the one that asks more of a
// client. Numbers in brackets are sections of freshservice-api.md.
type Rules struct {
	// DuplicateStatus is the status for an e-mail address that is in use
	// (§9.1, §13.1). Default 409, as in Freshdesk; the other candidate is 400.
	DuplicateStatus int
	// DuplicateCode is the error code that goes with it (§1.5). Default
	// "duplicate_value".
	DuplicateCode string
	// DuplicateShape is the body that goes with it (§1.5). Default
	// [DuplicateWithField].
	DuplicateShape DuplicateShape
	// DuplicateNamesUser adds additional_info.user_id to that error (§1.5).
	// Default false.
	DuplicateNamesUser bool
	// EmailCaseSensitive lets two addresses that differ in case only stand side
	// by side (§9.2). Default false: they are duplicates.
	EmailCaseSensitive bool
	// LowercaseEmails stores addresses in lower case (§9.2). Default false:
	// their case is preserved.
	LowercaseEmails bool
	// DropSecondaryEqualToPrimary stores the other secondary addresses when one
	// equals the primary (§9.2). Default false: refused as a duplicate.
	DropSecondaryEqualToPrimary bool
	// PromoteSecondary is what making a user's own secondary address the
	// primary one does (§13.6). Default [PromoteMoves].
	PromoteSecondary PromoteSecondary
	// PhonesUnique refuses a phone number that another user has (§4.1). Default
	// false.
	PhonesUnique bool
	// ExternalIDsUnique refuses an external_id that another user has (§4.1).
	// Default false.
	ExternalIDsUnique bool

	// EmailFilterMatchesSecondary lets "email=" find secondary addresses (§4.3,
	// §13.2). Default false.
	EmailFilterMatchesSecondary bool
	// EmailFilterHidesInactive hides deactivated users from "email=" (§4.3,
	// §13.2). Default false.
	EmailFilterHidesInactive bool
	// EmailFilterCaseSensitive makes "email=" compare the case (§13.2). Default
	// false.
	EmailFilterCaseSensitive bool
	// EmailFilterUsesIndex makes "email=" lag like "query=" (§4.5). Default
	// false.
	EmailFilterUsesIndex bool

	// ListHidesInactive hides deactivated requesters from the unfiltered list
	// (§4.7, §13.3). Default false. Agents are always listed (§5.3).
	ListHidesInactive bool
	// ActiveParameter makes "active=" a filter of GET /requesters (§4.3,
	// §13.3). Default false: an unknown parameter.
	ActiveParameter bool
	// IgnoreUnknownParameters ignores unknown query parameters (§1.5). Default
	// false: 400.
	IgnoreUnknownParameters bool
	// FilteredListsDrawOverall makes filtered lists of requesters and agents
	// draw from the overall budget alone (§2). Default false: from the
	// sub-limit too.
	FilteredListsDrawOverall bool
	// StrictGets answers 500 to a GET that has a Content-Type or an empty query
	// parameter (§1.1, seen on Freshdesk). Default false.
	StrictGets bool
	// IgnoreUnwantedBodies ignores a body where none is wanted (§1.5,
	// no_content_required). Default false: 400.
	IgnoreUnwantedBodies bool
	// RequestersServeAgents makes GET and PUT /requesters/{id} work with an
	// agent's id (§13.4). Default false: 404.
	RequestersServeAgents bool
	// AgentsServeRequesters makes GET /agents/{id} work with a requester's id
	// (§13.4). Default false: 404.
	AgentsServeRequesters bool

	// MissingScopeStatus is the status for an access token that lacks the scope of
	// the route; the code is access_token_invalid (§1.5). Default 403; the other
	// candidate is 401.
	MissingScopeStatus int
	// RefreshTokensStay lets a refresh token be used again (§1.2). Default false:
	// each refresh gives a new one and ends the old one.
	RefreshTokensStay bool

	// QueryCaseSensitive makes equality of strings in "query=" compare the case
	// (§4.4). Default false.
	QueryCaseSensitive bool
	// QueryEscape is how a quote stands inside a quoted value (§4.4, §13.9).
	// Default [EscapeNone].
	QueryEscape QueryEscape
	// QueryPerPage is what "per_page" does on "query=" (§3, §13.9). Default
	// [PerPageIgnored].
	QueryPerPage QueryPerPage
	// QueryLink sends the Link header on "query=" (§3, §13.9). Default false.
	QueryLink bool
	// QueryHidesInactive hides deactivated users from "query=". Default false.
	QueryHidesInactive bool
	// QueryShowsIndexCopy answers "query=" with the records as the index knows
	// them (§4.5). Default false: the index finds, the record is current.
	QueryShowsIndexCopy bool

	// UpdateInactiveStatus is the answer to PUT on a deactivated user (§4.7).
	// Default 200: the update is made. With any other status nothing is written.
	UpdateInactiveStatus int
	// Clearing is how an optional string is cleared (§4.6, §13.6). Default
	// [ClearEither].
	Clearing Clearing
	// CustomFieldsReplace makes custom_fields of a PUT the whole set (§4.6,
	// §13.6). Default false: they are merged by key.
	CustomFieldsReplace bool
	// SecondaryEmailsMerge makes secondary_emails of a PUT an addition (§4.1).
	// Default false: the list is replaced.
	SecondaryEmailsMerge bool
	// DepartmentIDsMerge makes department_ids of a PUT an addition (§4.6).
	// Default false: the list is replaced.
	DepartmentIDsMerge bool
	// ExternalIDReadonly refuses external_id in requests (§4.1, §13.5). Default
	// false: writable.
	ExternalIDReadonly bool
	// VIPUserWritable accepts vip_user in requests (§13.5). Default false.
	VIPUserWritable bool
	// AllChangesFlagWritable accepts
	// can_see_all_changes_from_associated_departments in requests (§13.5).
	// Default false.
	AllChangesFlagWritable bool
	// AllChangesFlagResets gives that flag the reset of its sister for tickets
	// (§4.1). Default false.
	AllChangesFlagResets bool
	// LastContactClearable lets a PUT remove the last of e-mail and phones,
	// one of which a create must have (§4.1). Default false: 400.
	LastContactClearable bool
	// ReadonlyAsInvalidField reports read-only attributes as invalid_field
	// (§1.5 has both codes). Default false: readonly_field.
	ReadonlyAsInvalidField bool
	// ValidationStatus is the status of validation failures (§1.4). Default
	// 400; the other candidate is 422.
	ValidationStatus int
	// TypeErrorsAsInvalidValue reports a wrong JSON type as invalid_value
	// (§8.2). Default false: datatype_mismatch.
	TypeErrorsAsInvalidValue bool
	// PrefixCustomFieldErrors names a custom field "custom_fields.<name>" in
	// errors. Default false: "<name>". Undocumented.
	PrefixCustomFieldErrors bool
	// RequiredFieldsOptional does not enforce required_for_agents on API
	// writes (§8.1). Default false: enforced on create, and against clearing.
	RequiredFieldsOptional bool
	// IgnoreUnknownReferences stores departments, locations and managers that
	// do not exist (§4.1). Default false: invalid_value.
	IgnoreUnknownReferences bool
	// MaxLength is the longest single-line string, in characters (§4.1).
	// Default 255; negative: no limit. address, background_information and
	// paragraphs have none.
	MaxLength int
	// SanitizeNames trims names and strips HTML tags from them (§9.3). Default
	// false.
	SanitizeNames bool
	// SilentlyIgnores lists writable attributes whose values are accepted and
	// not stored (§4.6). Default none.
	SilentlyIgnores []string
	// DocumentedLanguagesOnly accepts the 30 documented languages alone
	// (§10.2). Default false: also the 6 that a client ships.
	DocumentedLanguagesOnly bool
	// OlderTimeZones refuses the six names that recent Rails versions added
	// (§10.1). Default false.
	OlderTimeZones bool

	// ReactivationDrops says when departments, manager and location of a
	// deactivated requester are dropped (§4.7, samples in conflict). Default
	// [DropOnReactivate].
	ReactivationDrops ReactivationDrops
	// ReactivateKeepsFlag exempts reactivate from "reset to false by every PUT
	// that does not send true" (§4.1). Default false.
	ReactivateKeepsFlag bool
	// RepeatDeactivateStatus is the answer to DELETE on an inactive user (§4.7,
	// §13.8). Default success: 204 for requesters, 200 for agents.
	RepeatDeactivateStatus int
	// RepeatReactivateStatus is the answer to reactivate on an active user
	// (§4.7, §13.8). Default 200.
	RepeatReactivateStatus int
	// ForgetNeedsInactive refuses to forget an active user with 409
	// (§4.7). Default false.
	ForgetNeedsInactive bool
	// ConvertInactiveStatus is the answer to a conversion, in either direction,
	// of an inactive user. Default 409; 200 converts. Undocumented.
	ConvertInactiveStatus int
	// ConvertFreesSecondary frees the secondary addresses of a converted
	// requester for others (§4.8). Default false: they stay taken.
	ConvertFreesSecondary bool
	// ConversionKeepsCustom keeps the custom values whose fields the other kind
	// does not share, unseen, for a conversion back (§8.2). Default false: they
	// are lost.
	ConversionKeepsCustom bool
	// DemotionKeepsRoles gives an agent who was converted to a requester the
	// old roles back at a later promotion (§5.4). Default false: it starts again
	// with SD Agent (§4.8).
	DemotionKeepsRoles bool

	// AgentProfile is what PUT /agents/{id} does with names, title and phones,
	// which its table omits (§5.4, §13.5). Default [ProfileInvalidField].
	AgentProfile AgentProfile
	// AgentExternalIDWritable accepts external_id on agents (§5.1). Default
	// false: read only.
	AgentExternalIDWritable bool
	// LicenseTypeWritable accepts license_type, which a client sends (§5.1,
	// §13.5). Default false: an unknown attribute.
	LicenseTypeWritable bool
	// OccasionalByDefault creates agents without "occasional" as day-pass
	// agents. Default false: they take a seat. Undocumented.
	OccasionalByDefault bool
	// RoleGroupsIgnored accepts and drops "groups" of role assignments whose
	// scope is not specified_groups (§5.2). Default false: an invalid_field.
	RoleGroupsIgnored bool
	// OwnRolesLocked refuses the key's owner a change of the own roles with 403
	// (§5.2). Default false.
	OwnRolesLocked bool
	// RolesWithScopes answers roles as older accounts do, with "scopes" in place
	// of "role_type" (§5.6). Default false.
	RolesWithScopes bool
	// ReactivateKeepsFullTime leaves a reactivated agent full-time (§5.4).
	// Default false: an occasional agent.
	ReactivateKeepsFullTime bool
	// SeatLimitCode is the error code at the seat limit (§5.5, §13.7). Default
	// "access_denied"; the other candidate is "require_feature".
	SeatLimitCode string
	// SeatLimitOnReactivate and SeatLimitOnConvert refuse these at the seat
	// limit too, although they give occasional agents (§13.7). Default false.
	SeatLimitOnReactivate bool
	SeatLimitOnConvert    bool

	// PendingResend says when agents who wait for approval have to be named
	// again (§5.1, §6.1). Default [ResendToGroups].
	PendingResend PendingResend
	// InactiveInGroups is what becomes of deactivated agents in the lists of a
	// group (§6.1, §13.8). Default [InactiveNotAdded].
	InactiveInGroups InactiveInGroups
	// GroupNamesRepeat lets two groups of one kind, agent groups of one
	// workspace, have one name (§6.1, §13.12). Default false: a duplicate.
	GroupNamesRepeat bool
	// RequesterGroupNameOptionalOnUpdate lets a PUT leave the name of a
	// requester group out (§6.2 marks it mandatory). Default false.
	RequesterGroupNameOptionalOnUpdate bool
	// RuleBasedStatus refuses changes of rule-based requester groups (§6.2).
	// Default 403 with access_denied; the other candidates are 400 and 409.
	RuleBasedStatus int
	// RuleBasedDeletable deletes rule-based requester groups (§6.2). Default
	// false: refused as well.
	RuleBasedDeletable bool
	// AddMemberAgainStatus is the answer for a requester who is a member already
	// (§6.2, §13.8). Default 200.
	AddMemberAgainStatus int
	// RemoveAbsentMemberStatus is the answer for one who is no member (§6.2).
	// Default 404.
	RemoveAbsentMemberStatus int
	// AddMemberBody answers the new member with a body. Default false: empty.
	// Undocumented.
	AddMemberBody bool
	// InactiveJoinRequesterGroups lets deactivated requesters be added, who lose
	// their memberships on deactivation (§4.7). Default false: 400.
	// Undocumented.
	InactiveJoinRequesterGroups bool
	// AgentsJoinRequesterGroups lets agents be members of requester groups
	// (§6.2, §13.8). Default false: not found, and a promotion ends memberships.
	AgentsJoinRequesterGroups bool

	// DepartmentNamesRepeat lets two departments have one name (§13.12).
	// Default false: a duplicate.
	DepartmentNamesRepeat bool
	// DepartmentNameOptionalOnUpdate lets a PUT leave a department's name out
	// (§7.1 marks it mandatory, the same mark on groups is not kept). Default
	// false.
	DepartmentNameOptionalOnUpdate bool

	// LocationContactOnCreate accepts contact_name, email and phone on a new
	// location, which only the update table has (§7.2). Default false.
	LocationContactOnCreate bool

	// NotFoundBody sends a JSON body with 404 for unknown ids (§1.5). Default
	// false: empty.
	NotFoundBody bool
	// RateLimitBody sends a JSON body with 429 (§1.5). Default false: empty.
	RateLimitBody bool
	// Choices is the form of a dropdown's choices (§8.1). Default
	// [ChoicesAsStrings].
	Choices Choices
	// NewDescriptorNames gives built-in fields the descriptor keys of custom
	// ones, "requesters_can_edit" and so on (§8.1). Default false: the older
	// "customers_can_edit", as in the vendor's sample.
	NewDescriptorNames bool
	// Timestamps is the form of times (§1.3). Default [TimestampsUTC].
	Timestamps Timestamps
	// PhonesAsIntegers answers phone numbers of digits as JSON numbers (§4.1).
	// Default false.
	PhonesAsIntegers bool
	// IDsAsStrings answers department_ids as strings (§1.3, MSP samples).
	// Default false.
	IDsAsStrings bool
	// PlainDates answers custom dates as YYYY-MM-DD (§8.2). Default false: as
	// the UTC time at which the day begins.
	PlainDates bool
	// NullCustomFields answers custom_fields as null where nothing is set
	// (§8.2). Default false: an object of nulls.
	NullCustomFields bool
	// EmptySecondariesAsString answers secondary_emails as "" instead of []
	// (§4.1). Default false.
	EmptySecondariesAsString bool
	// PluralLocationWrapper wraps a single location as "locations" (§7.2).
	// Default false.
	PluralLocationWrapper bool
}

// DuplicateShape is the body of an error about a duplicate.
type DuplicateShape int

const (
	// DuplicateWithField is a validation failure that names the attribute.
	DuplicateWithField DuplicateShape = iota
	// DuplicateWithoutField is a validation failure that does not: §1.5 says
	// that "field" is present on 400s only.
	DuplicateWithoutField
	// DuplicateFlat is {"code", "message"}.
	DuplicateFlat
)

// PromoteSecondary is what happens when a PUT makes one of the user's own
// secondary addresses the primary one.
type PromoteSecondary int

const (
	// PromoteMoves takes it out of the secondary addresses; the old primary
	// address is gone.
	PromoteMoves PromoteSecondary = iota
	// PromoteSwaps also makes the old primary address a secondary one.
	PromoteSwaps
	// PromoteRefused is a duplicate error.
	PromoteRefused
)

// QueryEscape is how a single quote is written inside a quoted query value.
type QueryEscape int

const (
	// EscapeNone knows no way: values with a double quote or a backslash are
	// refused, a single quote ends the value.
	EscapeNone QueryEscape = iota
	// EscapeBackslash reads \' and \\ as the character after the backslash.
	EscapeBackslash
	// EscapeDoubled reads two single quotes as one.
	EscapeDoubled
)

// QueryPerPage is what the parameter per_page does on a filtered list.
type QueryPerPage int

const (
	// PerPageIgnored always gives pages of 30.
	PerPageIgnored QueryPerPage = iota
	// PerPageHonoured gives pages of that size.
	PerPageHonoured
	// PerPageRefused answers 400 to any value but 30.
	PerPageRefused
)

// Clearing is how an optional string attribute or custom field is cleared.
type Clearing int

const (
	// ClearEither takes null and "".
	ClearEither Clearing = iota
	// ClearByNull takes null; "" is an invalid_value.
	ClearByNull
	// ClearByEmpty takes ""; null is a datatype_mismatch. Numbers, dates and
	// references are still cleared by null.
	ClearByEmpty
	// ClearNullIgnored takes ""; null leaves the value as it is.
	ClearNullIgnored
)

// ReactivationDrops says when department_ids, reporting_manager_id and
// location_id of a deactivated requester are lost.
type ReactivationDrops int

const (
	// DropOnReactivate loses them when the requester is reactivated.
	DropOnReactivate ReactivationDrops = iota
	// DropOnDeactivate loses them when the requester is deactivated.
	DropOnDeactivate
	// DropNever keeps them, as the MSP sample does.
	DropNever
)

// AgentProfile is what an update of an agent does with first_name, last_name,
// job_title, work_phone_number and mobile_phone_number.
type AgentProfile int

const (
	// ProfileInvalidField refuses them as unknown attributes.
	ProfileInvalidField AgentProfile = iota
	// ProfileReadonly refuses them as read only.
	ProfileReadonly
	// ProfileNamesReadonly refuses the names alone, as discovery suggests.
	ProfileNamesReadonly
	// ProfileAccepted stores them.
	ProfileAccepted
	// ProfileIgnored takes them and does not store them.
	ProfileIgnored
)

// PendingResend says which PUT withdraws the requests for approval that it does
// not name.
type PendingResend int

const (
	// ResendToGroups is every PUT of a group, and a PUT of an agent that has the
	// list.
	ResendToGroups PendingResend = iota
	// ResendInLists is a PUT of either that has the list.
	ResendInLists
	// ResendAlways is every PUT of either.
	ResendAlways
)

// InactiveInGroups is what a group's members, observers and leaders do with
// agents who are deactivated.
type InactiveInGroups int

const (
	// InactiveNotAdded refuses newcomers and lets those stay who are in.
	InactiveNotAdded InactiveInGroups = iota
	// InactiveAccepted takes them like active ones.
	InactiveAccepted
	// InactiveRefused refuses a list that has one, even one who is in.
	InactiveRefused
	// InactiveDropped leaves them out without a word.
	InactiveDropped
)

// Choices is the form of a custom dropdown's choices.
type Choices int

const (
	// ChoicesAsStrings is ["red", "green"].
	ChoicesAsStrings Choices = iota
	// ChoicesAsObjects is [{"id": 1, "value": "red"}, …].
	ChoicesAsObjects
	// ChoicesAsMap is {"red": "red", …}, like the choices of language.
	ChoicesAsMap
)

// Timestamps is the form of times in answers.
type Timestamps int

const (
	// TimestampsUTC is 2026-01-02T03:04:05Z.
	TimestampsUTC Timestamps = iota
	// TimestampsOffset is 2026-01-02T08:34:05+05:30.
	TimestampsOffset
	// TimestampsMillis is 2026-01-02T03:04:05.000Z.
	TimestampsMillis
)

// Variant is a set of rules that differs from the default in one switch.
type Variant struct {
	// Name says what differs, in a form fit for a subtest.
	Name  string
	Rules Rules
}

// Variants returns the default rules, named "default", and after it every
// single departure from them. A client that is right whatever the doubtful
// rules turn out to be passes its tests under each.
func Variants() []Variant {
	out := []Variant{{Name: "default"}}
	add := func(name string, set func(*Rules)) {
		v := Variant{Name: name}
		set(&v.Rules)
		out = append(out, v)
	}
	add("duplicate-400", func(r *Rules) { r.DuplicateStatus = 400 })
	add("duplicate-invalid-value", func(r *Rules) { r.DuplicateStatus, r.DuplicateCode = 400, "invalid_value" })
	add("duplicate-without-field", func(r *Rules) { r.DuplicateShape = DuplicateWithoutField })
	add("duplicate-flat", func(r *Rules) { r.DuplicateShape = DuplicateFlat })
	add("duplicate-names-user", func(r *Rules) { r.DuplicateNamesUser = true })
	add("email-case-sensitive", func(r *Rules) { r.EmailCaseSensitive = true })
	add("lowercase-emails", func(r *Rules) { r.LowercaseEmails = true })
	add("drop-secondary-equal-to-primary", func(r *Rules) { r.DropSecondaryEqualToPrimary = true })
	add("promote-swaps", func(r *Rules) { r.PromoteSecondary = PromoteSwaps })
	add("promote-refused", func(r *Rules) { r.PromoteSecondary = PromoteRefused })
	add("phones-unique", func(r *Rules) { r.PhonesUnique = true })
	add("external-ids-unique", func(r *Rules) { r.ExternalIDsUnique = true })
	add("email-filter-matches-secondary", func(r *Rules) { r.EmailFilterMatchesSecondary = true })
	add("email-filter-hides-inactive", func(r *Rules) { r.EmailFilterHidesInactive = true })
	add("email-filter-case-sensitive", func(r *Rules) { r.EmailFilterCaseSensitive = true })
	add("email-filter-uses-index", func(r *Rules) { r.EmailFilterUsesIndex = true })
	add("list-hides-inactive", func(r *Rules) { r.ListHidesInactive = true })
	add("active-parameter", func(r *Rules) { r.ActiveParameter = true })
	add("ignore-unknown-parameters", func(r *Rules) { r.IgnoreUnknownParameters = true })
	add("filtered-lists-draw-overall", func(r *Rules) { r.FilteredListsDrawOverall = true })
	add("strict-gets", func(r *Rules) { r.StrictGets = true })
	add("ignore-unwanted-bodies", func(r *Rules) { r.IgnoreUnwantedBodies = true })
	add("requesters-serve-agents", func(r *Rules) { r.RequestersServeAgents = true })
	add("agents-serve-requesters", func(r *Rules) { r.AgentsServeRequesters = true })
	add("missing-scope-401", func(r *Rules) { r.MissingScopeStatus = 401 })
	add("refresh-tokens-stay", func(r *Rules) { r.RefreshTokensStay = true })
	add("query-case-sensitive", func(r *Rules) { r.QueryCaseSensitive = true })
	add("query-escape-backslash", func(r *Rules) { r.QueryEscape = EscapeBackslash })
	add("query-escape-doubled", func(r *Rules) { r.QueryEscape = EscapeDoubled })
	add("query-per-page-honoured", func(r *Rules) { r.QueryPerPage = PerPageHonoured })
	add("query-per-page-refused", func(r *Rules) { r.QueryPerPage = PerPageRefused })
	add("query-link", func(r *Rules) { r.QueryLink = true })
	add("query-hides-inactive", func(r *Rules) { r.QueryHidesInactive = true })
	add("query-shows-index-copy", func(r *Rules) { r.QueryShowsIndexCopy = true })
	add("update-inactive-409", func(r *Rules) { r.UpdateInactiveStatus = 409 })
	add("update-inactive-404", func(r *Rules) { r.UpdateInactiveStatus = 404 })
	add("update-inactive-400", func(r *Rules) { r.UpdateInactiveStatus = 400 })
	add("clear-by-null", func(r *Rules) { r.Clearing = ClearByNull })
	add("clear-by-empty", func(r *Rules) { r.Clearing = ClearByEmpty })
	add("clear-null-ignored", func(r *Rules) { r.Clearing = ClearNullIgnored })
	add("custom-fields-replace", func(r *Rules) { r.CustomFieldsReplace = true })
	add("secondary-emails-merge", func(r *Rules) { r.SecondaryEmailsMerge = true })
	add("department-ids-merge", func(r *Rules) { r.DepartmentIDsMerge = true })
	add("external-id-readonly", func(r *Rules) { r.ExternalIDReadonly = true })
	add("vip-user-writable", func(r *Rules) { r.VIPUserWritable = true })
	add("all-changes-flag-writable", func(r *Rules) { r.AllChangesFlagWritable = true })
	add("all-changes-flag-resets", func(r *Rules) { r.AllChangesFlagWritable, r.AllChangesFlagResets = true, true })
	add("last-contact-clearable", func(r *Rules) { r.LastContactClearable = true })
	add("readonly-as-invalid-field", func(r *Rules) { r.ReadonlyAsInvalidField = true })
	add("validation-422", func(r *Rules) { r.ValidationStatus = 422 })
	add("type-errors-as-invalid-value", func(r *Rules) { r.TypeErrorsAsInvalidValue = true })
	add("prefix-custom-field-errors", func(r *Rules) { r.PrefixCustomFieldErrors = true })
	add("required-fields-optional", func(r *Rules) { r.RequiredFieldsOptional = true })
	add("ignore-unknown-references", func(r *Rules) { r.IgnoreUnknownReferences = true })
	add("no-max-length", func(r *Rules) { r.MaxLength = -1 })
	add("sanitize-names", func(r *Rules) { r.SanitizeNames = true })
	add("silently-ignores-job-title", func(r *Rules) { r.SilentlyIgnores = []string{"job_title"} })
	add("documented-languages-only", func(r *Rules) { r.DocumentedLanguagesOnly = true })
	add("older-time-zones", func(r *Rules) { r.OlderTimeZones = true })
	add("drop-on-deactivate", func(r *Rules) { r.ReactivationDrops = DropOnDeactivate })
	add("drop-never", func(r *Rules) { r.ReactivationDrops = DropNever })
	add("reactivate-keeps-flag", func(r *Rules) { r.ReactivateKeepsFlag = true })
	add("repeat-deactivate-404", func(r *Rules) { r.RepeatDeactivateStatus = 404 })
	add("repeat-deactivate-409", func(r *Rules) { r.RepeatDeactivateStatus = 409 })
	add("repeat-reactivate-404", func(r *Rules) { r.RepeatReactivateStatus = 404 })
	add("repeat-reactivate-409", func(r *Rules) { r.RepeatReactivateStatus = 409 })
	add("forget-needs-inactive", func(r *Rules) { r.ForgetNeedsInactive = true })
	add("convert-inactive", func(r *Rules) { r.ConvertInactiveStatus = 200 })
	add("convert-frees-secondary", func(r *Rules) { r.ConvertFreesSecondary = true })
	add("conversion-keeps-custom", func(r *Rules) { r.ConversionKeepsCustom = true })
	add("demotion-keeps-roles", func(r *Rules) { r.DemotionKeepsRoles = true })
	add("agent-profile-readonly", func(r *Rules) { r.AgentProfile = ProfileReadonly })
	add("agent-profile-names-readonly", func(r *Rules) { r.AgentProfile = ProfileNamesReadonly })
	add("agent-profile-accepted", func(r *Rules) { r.AgentProfile = ProfileAccepted })
	add("agent-profile-ignored", func(r *Rules) { r.AgentProfile = ProfileIgnored })
	add("agent-external-id-writable", func(r *Rules) { r.AgentExternalIDWritable = true })
	add("license-type-writable", func(r *Rules) { r.LicenseTypeWritable = true })
	add("occasional-by-default", func(r *Rules) { r.OccasionalByDefault = true })
	add("role-groups-ignored", func(r *Rules) { r.RoleGroupsIgnored = true })
	add("own-roles-locked", func(r *Rules) { r.OwnRolesLocked = true })
	add("roles-with-scopes", func(r *Rules) { r.RolesWithScopes = true })
	add("reactivate-keeps-full-time", func(r *Rules) { r.ReactivateKeepsFullTime = true })
	add("seat-limit-require-feature", func(r *Rules) { r.SeatLimitCode = "require_feature" })
	add("seat-limit-on-reactivate", func(r *Rules) { r.SeatLimitOnReactivate = true })
	add("seat-limit-on-convert", func(r *Rules) { r.SeatLimitOnConvert = true })
	add("pending-resend-in-lists", func(r *Rules) { r.PendingResend = ResendInLists })
	add("pending-resend-always", func(r *Rules) { r.PendingResend = ResendAlways })
	add("inactive-accepted-in-groups", func(r *Rules) { r.InactiveInGroups = InactiveAccepted })
	add("inactive-refused-in-groups", func(r *Rules) { r.InactiveInGroups = InactiveRefused })
	add("inactive-dropped-from-groups", func(r *Rules) { r.InactiveInGroups = InactiveDropped })
	add("group-names-repeat", func(r *Rules) { r.GroupNamesRepeat = true })
	add("requester-group-name-optional-on-update", func(r *Rules) { r.RequesterGroupNameOptionalOnUpdate = true })
	add("rule-based-400", func(r *Rules) { r.RuleBasedStatus = 400 })
	add("rule-based-409", func(r *Rules) { r.RuleBasedStatus = 409 })
	add("rule-based-deletable", func(r *Rules) { r.RuleBasedDeletable = true })
	add("add-member-again-400", func(r *Rules) { r.AddMemberAgainStatus = 400 })
	add("add-member-again-409", func(r *Rules) { r.AddMemberAgainStatus = 409 })
	add("remove-absent-member-204", func(r *Rules) { r.RemoveAbsentMemberStatus = 204 })
	add("remove-absent-member-400", func(r *Rules) { r.RemoveAbsentMemberStatus = 400 })
	add("remove-absent-member-409", func(r *Rules) { r.RemoveAbsentMemberStatus = 409 })
	add("add-member-body", func(r *Rules) { r.AddMemberBody = true })
	add("inactive-join-requester-groups", func(r *Rules) { r.InactiveJoinRequesterGroups = true })
	add("agents-join-requester-groups", func(r *Rules) { r.AgentsJoinRequesterGroups = true })
	add("department-names-repeat", func(r *Rules) { r.DepartmentNamesRepeat = true })
	add("department-name-optional-on-update", func(r *Rules) { r.DepartmentNameOptionalOnUpdate = true })
	add("location-contact-on-create", func(r *Rules) { r.LocationContactOnCreate = true })
	add("not-found-body", func(r *Rules) { r.NotFoundBody = true })
	add("rate-limit-body", func(r *Rules) { r.RateLimitBody = true })
	add("choices-as-objects", func(r *Rules) { r.Choices = ChoicesAsObjects })
	add("choices-as-map", func(r *Rules) { r.Choices = ChoicesAsMap })
	add("new-descriptor-names", func(r *Rules) { r.NewDescriptorNames = true })
	add("timestamps-offset", func(r *Rules) { r.Timestamps = TimestampsOffset })
	add("timestamps-millis", func(r *Rules) { r.Timestamps = TimestampsMillis })
	add("phones-as-integers", func(r *Rules) { r.PhonesAsIntegers = true })
	add("ids-as-strings", func(r *Rules) { r.IDsAsStrings = true })
	add("plain-dates", func(r *Rules) { r.PlainDates = true })
	add("null-custom-fields", func(r *Rules) { r.NullCustomFields = true })
	add("empty-secondaries-as-string", func(r *Rules) { r.EmptySecondariesAsString = true })
	add("plural-location-wrapper", func(r *Rules) { r.PluralLocationWrapper = true })
	return out
}
