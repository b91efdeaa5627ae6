// Package connectortest is a conformance kit for drivers: it holds any
// [connector.Driver] against what the interface promises, faults of the target
// included.
//
// A driver's whole test is one call:
//
//	func TestConformance(t *testing.T) {
//		connectortest.Run(t, func(t *testing.T) *connectortest.Harness {
//			return &connectortest.Harness{Driver: newDriver(t)}
//		}, nil)
//	}
//
// Each check is a subtest of its own, by object, with a harness of its own, so one
// runs alone: go test -run 'TestConformance/duplicate/person'. Run it with -race.
// The driver's Describe decides what is checked: what is not declared is skipped,
// what is declared and not there fails. The kit does for a driver what a
// [connector.Target] does: it asks for what is declared and for nothing else.
//
// A [Harness] may say more: how to make a record ([Sample] does it for most), how
// to have the target fail, how to let time pass. Each function that is left out
// costs checks, and the run says which. [Options] name what cannot be held, with
// the reason, and the waits that searches need which lag behind. [Verify] is the
// same without package testing's T.
//
// # Checks
//
//	describe      a Target takes the description; asked again it gives the same
//	              types; what it declares can be asked for
//	unwrap        a driver that wraps others leads to one that does not
//	checker       Check succeeds, and not with a context that has ended
//	create        what was sent is what Get gives; null is the same as nothing
//	unknown-id    Get, Update and Act of what is not there are NotFound
//	duplicate     a taken unique value is AlreadyExists with its field, in any
//	              letter case unless the field is CaseExact; nothing is made
//	update        an edit of one field leaves the others, and other records, alone
//	update-twice  a change that has been made already changes nothing
//	clear         a cleared field is as in a record that never had it
//	actions       each declared action does what it says, and can be repeated
//	rights        a downgrade takes special rights away and nothing else; a
//	              deactivation told to keep them does
//	filters       each declared operator of each declared field, and and, or, not
//	              where declared, answers as an evaluation of all records does
//	own-writes    fields declared as consistent see a finished write at once
//	paging        with pages of any size each record is there once; the list ends;
//	              totals are true; none is missing where others are made meanwhile
//	kin           a list with its kin has everybody once, each of their own type
//	members       members join and leave, one result each, and can be repeated
//	omit          GetWithout differs from Get in the fields named only
//	strings       Unicode, quotes, "+" and long texts come back as they went, and
//	              are found or Unsupported
//	refusals      what the target refuses is Invalid with the field, and not made
//	rate-limit    at the rate limit: success after a wait, or RateLimited with
//	              RetryAfter, and a success afterwards
//	unavailable   a target in trouble: success, or Unavailable, and a success
//	              afterwards
//	lost-answer   a create whose answer was lost is settled or Ambiguous, and made
//	              once; other writes can be repeated
//	malformed     so is one with an answer that cannot be read; reads are Internal,
//	              never empty
//	cancelled     with a context that has ended nothing is done
//	slow          a call ends with its context
//	aliasing      records that were given or returned are nobody's but the caller's
//	concurrent    many callers at once; of several creates with one unique value
//	              one succeeds
//	secrets       no error and no log shows a credential or what a record says
//
// # What a check takes for granted
//
// Get sees every finished write. Records that Create returns are those that Get
// gives. Delete and Erase of what is not there may be NotFound as well as a
// success: few targets can tell what was deleted from what never was. An empty
// text is the same as none. Errors of a context that has ended may have no code:
// a Target gives them theirs.
//
// # Errors
//
// The kit returns none: failures go to the test, or into a [Report].
//
// # Concurrency
//
// Checks run one after the other; concurrent and describe call the driver from
// several goroutines. A call that does not return when its context has ended is
// left behind, and reported.
//
// # Stability
//
// New versions bring new checks, which a driver can fail that passed before.
package connectortest
