package connectortest

// The names of the checks, as Options.Skip and -run have them.
const (
	checkDescribe    = "describe"
	checkUnwrap      = "unwrap"
	checkChecker     = "checker"
	checkCreate      = "create"
	checkUnknownID   = "unknown-id"
	checkDuplicate   = "duplicate"
	checkUpdate      = "update"
	checkUpdateTwice = "update-twice"
	checkClear       = "clear"
	checkActions     = "actions"
	checkRights      = "rights"
	checkFilters     = "filters"
	checkOwnWrites   = "own-writes"
	checkPaging      = "paging"
	checkKin         = "kin"
	checkMembers     = "members"
	checkOmit        = "omit"
	checkStrings     = "strings"
	checkRefusals    = "refusals"
	checkRateLimit   = "rate-limit"
	checkUnavailable = "unavailable"
	checkLostAnswer  = "lost-answer"
	checkMalformed   = "malformed"
	checkCancelled   = "cancelled"
	checkSlow        = "slow"
	checkAliasing    = "aliasing"
	checkConcurrent  = "concurrent"
	checkSecrets     = "secrets"
)

// checks returns all checks, in the order in which they run: a driver that is in
// the making fails the first ones first.
func checks() []*check {
	return []*check{
		{name: checkDescribe, whole: true, run: runDescribe},
		{name: checkUnwrap, whole: true, absent: needsUnwrapper, run: runUnwrap},
		{name: checkChecker, whole: true, absent: needsChecker, run: runChecker},
		{name: checkCreate, absent: needsSample, run: runCreate},
		{name: checkUnknownID, run: runUnknownID},
		{name: checkDuplicate, absent: all(needsSample, needsUnique), run: runDuplicate},
		{name: checkUpdate, absent: needsEdits, run: runUpdate},
		{name: checkUpdateTwice, absent: needsEdits, run: runUpdateTwice},
		{name: checkClear, absent: all(needsSample, needsClearable), run: runClear},
		{name: checkActions, absent: all(needsSample, needsActions), run: runActions},
		{name: checkRights, absent: all(needsSample, needsDowngrade), run: runRights},
		{name: checkFilters, absent: needsFilters, run: runFilters},
		{name: checkOwnWrites, absent: all(needsSample, needsConsistent), run: runOwnWrites},
		{name: checkPaging, run: runPaging},
		{name: checkKin, absent: needsKin, run: runKin},
		{name: checkMembers, absent: all(needsMembers, needsSample), run: runMembers},
		{name: checkOmit, absent: needsOmitter, run: runOmit},
		{name: checkStrings, absent: all(needsSample, needsText), run: runStrings},
		{name: checkRefusals, absent: all(needsSample, needsRefusable), run: runRefusals},
		{name: checkRateLimit, absent: needsFaults, run: runRateLimit},
		{name: checkUnavailable, absent: needsFaults, run: runUnavailable},
		{name: checkLostAnswer, absent: all(needsFaults, needsSample), run: runLostAnswer},
		{name: checkMalformed, absent: needsFaults, run: runMalformed},
		{name: checkCancelled, run: runCancelled},
		{name: checkSlow, absent: needsFaults, run: runSlow},
		{name: checkAliasing, run: runAliasing},
		{name: checkConcurrent, absent: needsSample, run: runConcurrent},
		{name: checkSecrets, run: runSecrets},
	}
}
