package zendesktest

// Rules are the switches for behaviour that the reference marks as inferred,
// contradictory or unknown. The zero value is the behaviour held to be the most
// likely, or, where nothing speaks for either, the one that asks more of a
// client. Numbers in brackets are sections of zendesk-api.md.
type Rules struct {
	// TokenStatus is the status of an issued token (§1.3). Default 201; the
	// other candidate is 200.
	TokenStatus int
	// TokensWithoutExpiry makes a token that was asked for without expires_in
	// last for ever, as older clients get it (§1.3). Default false: 30 minutes,
	// of which the answer says nothing.
	TokensWithoutExpiry bool
	// UnknownScopesRefused answers 400 invalid_scope to an unknown or malformed
	// scope (§1.4). Default false: a token that is good for nothing.
	UnknownScopesRefused bool
	// UsersScopeCoversReferences lets users:read read custom roles, user and
	// organization fields, locales, time zones, the settings, groups, the
	// memberships of both kinds, jobs and searches, and users:write write groups
	// and memberships (§1.4, §15.6). Default false: they need the broad scope.
	UsersScopeCoversReferences bool
	// BadBearerAsText answers a bad bearer token like a bad API token (§1.5).
	// Default false: invalid_token.
	BadBearerAsText bool
	// BadBearerIsAnonymous answers /users/me with the anonymous user for a bad
	// bearer token too (§1.5). Default false: 401.
	BadBearerIsAnonymous bool
	// APITokensRetire makes API tokens die as announced: from 28 July 2026 after
	// 30 days without use, and on 30 April 2027 for good (§1.1). Default false,
	// so that tests on a real clock do not change their outcome one day.
	APITokensRetire bool

	// RateLimitBody is the body of 429 (§2.3). Default [RateLimitMixed].
	RateLimitBody RateLimitBody
	// RateHeaders are the families of rate headers that are sent (§2.3).
	// Default [RateHeadersBoth].
	RateHeaders RateHeaders
	// NoRetryAfter leaves Retry-After out of 429 (§2.3). Default false.
	NoRetryAfter bool
	// DetailsWithoutCodes leaves "error" out of the details of a validation
	// failure (§2.4). Default false.
	DetailsWithoutCodes bool
	// TypeErrorsAsRecordInvalid answers a value of the wrong JSON type with 422.
	// Default false: 400, in the shape known from parameters (§3).
	TypeErrorsAsRecordInvalid bool

	// LastPageWithoutCursor leaves after_cursor out of a last page (§3). Default
	// false.
	LastPageWithoutCursor bool
	// PageSizeCapped takes a page[size] above 100 as 100 (§3). Default false:
	// 400.
	PageSizeCapped bool
	// ForeignLinkHost puts another host into the URLs of next pages, as
	// host-mapped accounts do (§3). Default false.
	ForeignLinkHost bool

	// EmailRequired refuses a new user without an e-mail address, as the 2025
	// schema has it (§4.1). Default false.
	EmailRequired bool
	// LowercaseEmails stores addresses in lower case. Default false.
	LowercaseEmails bool
	// ResentEmailRefused refuses an update that sends an address which the user
	// has already (§4.8). Default false: no effect.
	ResentEmailRefused bool
	// UnknownPropertiesRefused refuses properties and custom fields that do not
	// exist, with 422 (§4.8). Default false: they are ignored silently.
	UnknownPropertiesRefused bool
	// UserFieldsReplace empties the custom fields that an update does not send
	// (§4.8). Default false: they stay.
	UserFieldsReplace bool
	// FieldValuesCoerced turns texts into numbers and flags and numbers into
	// texts where a custom field wants them. Default false: 422.
	FieldValuesCoerced bool
	// FieldTags joins the values of custom fields to tags (§7). Default
	// [FieldTagsLinked].
	FieldTags FieldTags
	// DatesWithOffset writes dates as 2026-01-02T00:00:00+00:00 (§7). Default
	// false: with Z.
	DatesWithOffset bool
	// LookupsAsStrings writes the target of a lookup field as a text (§7).
	// Default false: a number.
	LookupsAsStrings bool
	// UnknownLocalesIgnored ignores a locale that the account does not have
	// (§11). Default false: 422.
	UnknownLocalesIgnored bool
	// UnknownTimeZonesIgnored ignores an unknown time zone. Default false: 422.
	UnknownTimeZonesIgnored bool
	// IANATimeZonesAccepted takes IANA names for time_zone and stores them as
	// they are (§4.1). Default false.
	IANATimeZonesAccepted bool
	// TimeZonesAsIANA writes time_zone as an IANA name, as live tenants do
	// (§4.1). Default false: the friendly name.
	TimeZonesAsIANA bool
	// UnknownOrganizationsIgnored ignores an organization that does not exist.
	// Default false: 422.
	UnknownOrganizationsIgnored bool
	// DomainsForNewUsersOnly keeps an organization that gets a domain from taking
	// in the people who are there already (§6.3). Default false: verified ones
	// without an organization become members.
	DomainsForNewUsersOnly bool
	// OrganizationIDUnknownCreates makes create_or_update of organizations create
	// where the id that it sends does not exist (§6.3). Default false: 404.
	OrganizationIDUnknownCreates bool
	// NoNewDefaultOrganization leaves a user whose default membership is deleted
	// without organization_id (§6.3). Default false: the oldest of the other
	// memberships becomes the default one.
	NoNewDefaultOrganization bool
	// NewMembershipsNotDefault ignores "default" in a new membership (§6.3).
	// Default false: true makes it the default one. The first membership of a
	// user is the default one in any case.
	NewMembershipsNotDefault bool
	// SecondMembershipReplaces makes a new membership replace the old one on an
	// account whose users have one organization (§6.3). Default false: 422.
	SecondMembershipReplaces bool
	// UnknownMembershipIDsNotFound answers 404 to a new membership of an unknown
	// user or organization (§6.3). Default false: 422.
	UnknownMembershipIDsNotFound bool
	// MembershipsByID lists the memberships of a user by id, as lists with
	// cursors are (§3, §6.3). Default false: the default one first, then by name.
	MembershipsByID bool
	// MembershipsKeepUpdatedAt leaves updated_at of a user alone when a
	// membership call changes organization_id, as inferred for groups (§10).
	// Default false: it is an update of the user.
	MembershipsKeepUpdatedAt bool
	// SideloadsIgnored ignores include on users, whose list of sideloads is not
	// verified (§4.2). Default false.
	SideloadsIgnored bool
	// ExportsSeeLastMinute lets incremental exports of users and organizations show
	// what has changed within the last minute (§10). Default false.
	ExportsSeeLastMinute bool
	// EmptyExportWithoutCursor gives no after_cursor with an empty page of an
	// incremental export (§10). Default false.
	EmptyExportWithoutCursor bool
	// DeletedGroupsNotFound makes GET /groups/{id} of a deleted group 404 (§6.1).
	// Default false: 200 with deleted true.
	DeletedGroupsNotFound bool
	// DeletedGroupsUnlisted leaves deleted groups out of the list (§6.1). Default
	// false: they are in it unless exclude_deleted is sent.
	DeletedGroupsUnlisted bool
	// DefaultGroupForbidden answers 403 to the deletion of the default group
	// (§6.1, §15.5). Default false: 422.
	DefaultGroupForbidden bool
	// GroupNamesCaseSensitive lets names of groups differ in case only, where they
	// have to be unique (§6.1). Default false.
	GroupNamesCaseSensitive bool
	// PrivateGroupsStaySilently ignores the wish to make a private group public
	// (§6.1). Default false: 422.
	PrivateGroupsStaySilently bool
	// LastGroupBounces puts an agent whose last membership is deleted into the
	// default group (§6.2, §15.5). Default false: 422, which is also the answer
	// where the last group is the default one.
	LastGroupBounces bool
	// MembershipsGoLater has destroy_many of group and organization memberships
	// done by its job, like that of others. Default false: they are gone at once,
	// as the texts of the operations have it, and the job only reports.
	MembershipsGoLater bool
	// DefaultGroupJoins makes a team member whose default_group_id is set to
	// another group a member of it (§4.1). Default false: 422. Who becomes a team
	// member by the same request joins in any case.
	DefaultGroupJoins bool
	// GroupIDs is what create_or_update does with group_ids (§4.1, §15.7). Default
	// [GroupIDsReplace].
	GroupIDs GroupIDs
	// TooManyJobsStatus is the status of TooManyJobs, which is not documented
	// (§2.4, §15.3). Default 429.
	TooManyJobsStatus int
	// JobsKeptOneHour forgets finished jobs after an hour, as older texts say (§9).
	// Default false: after a day.
	JobsKeptOneHour bool
	// JobsWithoutType leaves job_type out, as in recordings of 2023 (§9). Default
	// false.
	JobsWithoutType bool
	// JobResultsAsObject gives {"success":true} for the results of deletions that
	// all went well (§9). Default false: a list.
	JobResultsAsObject bool
	// JobResultsReversed turns the results round: their order is not guaranteed
	// (§9). Default false.
	JobResultsReversed bool
	// JobResultsIndexed gives id and index for a created user or organization, as
	// the document says (§9). Default false: id and status, as recorded.
	JobResultsIndexed bool
	// JobFailuresComplete gives action and success for an item that was not
	// created (§9). Default false: index, error and details only.
	JobFailuresComplete bool
	// ClearedPhoneDropsIdentity removes the phone identities when phone is
	// cleared (§4.9). Default false: they stay.
	ClearedPhoneDropsIdentity bool
	// DeletedPhoneCleared clears phone when its identity is deleted (§4.9).
	// Default false: the number lingers.
	DeletedPhoneCleared bool
	// ChangedIdentityStaysVerified keeps an identity verified when its value is
	// changed (§5.1). Default false: it has to be verified again.
	ChangedIdentityStaysVerified bool
	// PrimaryDeletionRefused refuses to delete a primary address (§5). Default
	// false: the next address becomes the primary one.
	PrimaryDeletionRefused bool

	// CustomRoleAloneIgnored ignores custom_role_id without role on an end user
	// (§4.1). Default false: the user becomes an agent.
	CustomRoleAloneIgnored bool
	// NoDefaultRole gives an agent without custom_role_id no custom role (§4.3).
	// Default false: the default one, if the account has any.
	NoDefaultRole bool
	// AdminDropsCustomRole clears the custom role of whoever is made admin (§8).
	// Default false: it stays, stale, unless custom_role_id null is sent.
	AdminDropsCustomRole bool
	// AdminRoleRefused refuses a custom_role_id of the type admin (§8). Default
	// false: it makes an admin.
	AdminRoleRefused bool
	// NoSeat is the refusal of a promotion on a full account (§8). Default
	// [NoSeatOnBase].
	NoSeat NoSeat
	// NoCustomRolesStatus is the status of GET /custom_roles on an account that
	// has none (§8): 403, 404, or by default 200 with an empty list.
	NoCustomRolesStatus int
	// OwnerForbidden answers 403 to what would take the account owner away
	// (§4.7). Default false: 422.
	OwnerForbidden bool

	// TeamDeletionRefused refuses, with 422, to delete a team member who has not
	// been downgraded before, of which the reference does not speak (§4.7). Default
	// false.
	TeamDeletionRefused bool
	// DeletedUsersNotFound makes GET /users/{id} of a deleted user 404 (§4.6).
	// Default false: 200 with active false.
	DeletedUsersNotFound bool
	// UpdateDeletedInvalid answers 422 to an update of a deleted user. Default
	// false: 404.
	UpdateDeletedInvalid bool
	// DeletedKeepAddresses keeps the identities of a soft-deleted user in use
	// (§4.7). Default false: they are free.
	DeletedKeepAddresses bool
	// UserSearchConsistent frees /users/search from the lag of the index (§4.6).
	// Default false.
	UserSearchConsistent bool
	// SearchPrimaryOnly keeps secondary addresses out of the search. Default
	// false.
	SearchPrimaryOnly bool
	// SearchHidesDeleted hides users whom the index still knows, but who are
	// deleted. Default false: they show, with active false.
	SearchHidesDeleted bool
	// MatchPrimaryOnly makes create_or_update match primary addresses only
	// (§4.4). Default false.
	MatchPrimaryOnly bool
}

// RateLimitBody is the body of an answer 429.
type RateLimitBody int

const (
	// RateLimitMixed is JSON for the account's limit and text for the others.
	RateLimitMixed RateLimitBody = iota
	// RateLimitText is text for all.
	RateLimitText
	// RateLimitJSON is JSON for all.
	RateLimitJSON
)

// RateHeaders are the families of rate headers.
type RateHeaders int

const (
	// RateHeadersBoth are X-Rate-Limit and ratelimit-limit with their kin.
	RateHeadersBoth RateHeaders = iota
	// RateHeadersOld are X-Rate-Limit and X-Rate-Limit-Remaining only.
	RateHeadersOld
	// RateHeadersNew are ratelimit-limit, -remaining and -reset only.
	RateHeadersNew
)

// FieldTags is how the values of checkboxes, dropdowns and multiselects are
// joined to the tags of their user.
type FieldTags int

const (
	// FieldTagsLinked shows values as tags; to write tags without such a tag
	// takes the value away.
	FieldTagsLinked FieldTags = iota
	// FieldTagsShown shows values as tags; the value stays whatever becomes of
	// the tag.
	FieldTagsShown
	// FieldTagsNone has no such tags.
	FieldTagsNone
)

// NoSeat is the refusal of a promotion on a full account.
type NoSeat int

const (
	// NoSeatOnBase is 422 with the problem under "base".
	NoSeatOnBase NoSeat = iota
	// NoSeatOnRole is 422 with the problem under "role".
	NoSeatOnRole
	// NoSeatForbidden is 403.
	NoSeatForbidden
)

// GroupIDs is what create_or_update does with group_ids.
type GroupIDs int

const (
	// GroupIDsReplace ends the memberships that are not named.
	GroupIDsReplace GroupIDs = iota
	// GroupIDsAdd leaves them alone.
	GroupIDsAdd
	// GroupIDsIgnored ignores group_ids.
	GroupIDsIgnored
)
