package freshservicetest

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
