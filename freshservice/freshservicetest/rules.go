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
	// ReactivateKeepsFlag exempts reactivate and the conversions from "reset to
	// false by every PUT that does not send true" (§4.1). Default false.
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
	// AgentEmailActivates sends an activation e-mail for a new address of an
	// agent (§5.4). Default false.
	AgentEmailActivates bool
	// OwnerEmailReadonly refuses a new address of the account's owner (§5.4).
	// Default false.
	OwnerEmailReadonly bool
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

	// DomainsAssignUsers gives a new requester or agent without departments the
	// one to whose domains the e-mail address belongs (§7.1). Default false.
	DomainsAssignUsers bool
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
