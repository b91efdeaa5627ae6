package zendesktest

import "net/http"

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
	add("token-200", func(r *Rules) { r.TokenStatus = http.StatusOK })
	add("tokens-without-expiry", func(r *Rules) { r.TokensWithoutExpiry = true })
	add("unknown-scopes-refused", func(r *Rules) { r.UnknownScopesRefused = true })
	add("users-scope-covers-references", func(r *Rules) { r.UsersScopeCoversReferences = true })
	add("bad-bearer-as-text", func(r *Rules) { r.BadBearerAsText = true })
	add("bad-bearer-is-anonymous", func(r *Rules) { r.BadBearerIsAnonymous = true })
	add("api-tokens-retire", func(r *Rules) { r.APITokensRetire = true })
	add("rate-limit-text", func(r *Rules) { r.RateLimitBody = RateLimitText })
	add("rate-limit-json", func(r *Rules) { r.RateLimitBody = RateLimitJSON })
	add("rate-headers-old", func(r *Rules) { r.RateHeaders = RateHeadersOld })
	add("rate-headers-new", func(r *Rules) { r.RateHeaders = RateHeadersNew })
	add("no-retry-after", func(r *Rules) { r.NoRetryAfter = true })
	add("details-without-codes", func(r *Rules) { r.DetailsWithoutCodes = true })
	add("type-errors-as-record-invalid", func(r *Rules) { r.TypeErrorsAsRecordInvalid = true })
	add("last-page-without-cursor", func(r *Rules) { r.LastPageWithoutCursor = true })
	add("page-size-capped", func(r *Rules) { r.PageSizeCapped = true })
	add("foreign-link-host", func(r *Rules) { r.ForeignLinkHost = true })
	add("email-required", func(r *Rules) { r.EmailRequired = true })
	add("lowercase-emails", func(r *Rules) { r.LowercaseEmails = true })
	add("resent-email-refused", func(r *Rules) { r.ResentEmailRefused = true })
	add("unknown-properties-refused", func(r *Rules) { r.UnknownPropertiesRefused = true })
	add("user-fields-replace", func(r *Rules) { r.UserFieldsReplace = true })
	add("field-values-coerced", func(r *Rules) { r.FieldValuesCoerced = true })
	add("field-tags-shown", func(r *Rules) { r.FieldTags = FieldTagsShown })
	add("field-tags-none", func(r *Rules) { r.FieldTags = FieldTagsNone })
	add("dates-with-offset", func(r *Rules) { r.DatesWithOffset = true })
	add("lookups-as-strings", func(r *Rules) { r.LookupsAsStrings = true })
	add("unknown-locales-ignored", func(r *Rules) { r.UnknownLocalesIgnored = true })
	add("unknown-time-zones-ignored", func(r *Rules) { r.UnknownTimeZonesIgnored = true })
	add("iana-time-zones-accepted", func(r *Rules) { r.IANATimeZonesAccepted = true })
	add("time-zones-as-iana", func(r *Rules) { r.TimeZonesAsIANA = true })
	add("unknown-organizations-ignored", func(r *Rules) { r.UnknownOrganizationsIgnored = true })
	add("domains-for-new-users-only", func(r *Rules) { r.DomainsForNewUsersOnly = true })
	add("organization-id-unknown-creates", func(r *Rules) { r.OrganizationIDUnknownCreates = true })
	add("no-new-default-organization", func(r *Rules) { r.NoNewDefaultOrganization = true })
	add("new-memberships-not-default", func(r *Rules) { r.NewMembershipsNotDefault = true })
	add("second-membership-replaces", func(r *Rules) { r.SecondMembershipReplaces = true })
	add("unknown-membership-ids-not-found", func(r *Rules) { r.UnknownMembershipIDsNotFound = true })
	add("memberships-by-id", func(r *Rules) { r.MembershipsByID = true })
	add("memberships-keep-updated-at", func(r *Rules) { r.MembershipsKeepUpdatedAt = true })
	add("sideloads-ignored", func(r *Rules) { r.SideloadsIgnored = true })
	add("exports-see-last-minute", func(r *Rules) { r.ExportsSeeLastMinute = true })
	add("empty-export-without-cursor", func(r *Rules) { r.EmptyExportWithoutCursor = true })
	add("deleted-groups-not-found", func(r *Rules) { r.DeletedGroupsNotFound = true })
	add("deleted-groups-unlisted", func(r *Rules) { r.DeletedGroupsUnlisted = true })
	add("default-group-forbidden", func(r *Rules) { r.DefaultGroupForbidden = true })
	add("group-names-case-sensitive", func(r *Rules) { r.GroupNamesCaseSensitive = true })
	add("private-groups-stay-silently", func(r *Rules) { r.PrivateGroupsStaySilently = true })
	add("last-group-bounces", func(r *Rules) { r.LastGroupBounces = true })
	add("memberships-go-later", func(r *Rules) { r.MembershipsGoLater = true })
	add("default-group-joins", func(r *Rules) { r.DefaultGroupJoins = true })
	add("group-ids-add", func(r *Rules) { r.GroupIDs = GroupIDsAdd })
	add("group-ids-ignored", func(r *Rules) { r.GroupIDs = GroupIDsIgnored })
	add("too-many-jobs-422", func(r *Rules) { r.TooManyJobsStatus = http.StatusUnprocessableEntity })
	add("jobs-kept-one-hour", func(r *Rules) { r.JobsKeptOneHour = true })
	add("jobs-without-type", func(r *Rules) { r.JobsWithoutType = true })
	add("job-results-as-object", func(r *Rules) { r.JobResultsAsObject = true })
	add("job-results-reversed", func(r *Rules) { r.JobResultsReversed = true })
	add("job-results-indexed", func(r *Rules) { r.JobResultsIndexed = true })
	add("job-failures-complete", func(r *Rules) { r.JobFailuresComplete = true })
	add("cleared-phone-drops-identity", func(r *Rules) { r.ClearedPhoneDropsIdentity = true })
	add("deleted-phone-cleared", func(r *Rules) { r.DeletedPhoneCleared = true })
	add("changed-identity-stays-verified", func(r *Rules) { r.ChangedIdentityStaysVerified = true })
	add("primary-deletion-refused", func(r *Rules) { r.PrimaryDeletionRefused = true })
	add("custom-role-alone-ignored", func(r *Rules) { r.CustomRoleAloneIgnored = true })
	add("no-default-role", func(r *Rules) { r.NoDefaultRole = true })
	add("admin-drops-custom-role", func(r *Rules) { r.AdminDropsCustomRole = true })
	add("admin-role-refused", func(r *Rules) { r.AdminRoleRefused = true })
	add("no-seat-on-role", func(r *Rules) { r.NoSeat = NoSeatOnRole })
	add("no-seat-forbidden", func(r *Rules) { r.NoSeat = NoSeatForbidden })
	add("no-custom-roles-403", func(r *Rules) { r.NoCustomRolesStatus = http.StatusForbidden })
	add("no-custom-roles-404", func(r *Rules) { r.NoCustomRolesStatus = http.StatusNotFound })
	add("owner-forbidden", func(r *Rules) { r.OwnerForbidden = true })
	add("team-deletion-refused", func(r *Rules) { r.TeamDeletionRefused = true })
	add("deleted-users-not-found", func(r *Rules) { r.DeletedUsersNotFound = true })
	add("update-deleted-invalid", func(r *Rules) { r.UpdateDeletedInvalid = true })
	add("deleted-keep-addresses", func(r *Rules) { r.DeletedKeepAddresses = true })
	add("user-search-consistent", func(r *Rules) { r.UserSearchConsistent = true })
	add("search-primary-only", func(r *Rules) { r.SearchPrimaryOnly = true })
	add("search-hides-deleted", func(r *Rules) { r.SearchHidesDeleted = true })
	add("match-primary-only", func(r *Rules) { r.MatchPrimaryOnly = true })
	return out
}
