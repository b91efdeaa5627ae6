package scim

import (
	"cmp"
	"net/http"
	"slices"
)

// placement is where an operation stands in the order of a job, and what arrange
// has to know to find that out.
type placement struct {
	position int
	placed   bool
	// waits is how many operations have to be placed before; waiters are those that
	// wait for the resource of this one, followers those that only wait for their
	// turn at the same resource.
	waits              int
	waiters, followers []*bulkOp
	last               *bulkOp // of a POST: the last operation so far whose path names its resource

	circle *circle // nil for all but POSTs in a circle
	// required are the POSTs without whose resources that of this one cannot be
	// created; optional is how many of those it waits for it can do without.
	required map[*bulkOp]bool
	optional int
}

// circle are POSTs that need each other's resources, also those between two
// circles.
type circle struct {
	members []*bulkOp
	awaited int // how many of them have not had their turn
}

// comesBefore reports whether an operation is placed before the POST, or is it.
func (op *bulkOp) comesBefore(post *bulkOp) bool { return op.position <= post.position }

// arranger puts the operations of a job in order.
type arranger struct {
	job *bulkJob
	// reached is how many operations of the request have had their turn.
	reached int
	queue   []*bulkOp
}

// arrange makes the order of the job: that of the request, except that an
// operation waits for the POSTs whose resources it needs, and what follows on the
// same resource waits with it.
//
// POSTs that need each other's resources, and those only, can wait in a circle.
// When the last of them has had its turn, one that can be created without the
// others is placed, and gets a completion, which is placed when all that it refers
// to has been created (RFC 7644 section 3.7.1). What no circle can do without is
// left for the end, and fails there.
func (j *bulkJob) arrange() {
	a := &arranger{job: j}
	j.order = make([]*bulkOp, 0, len(j.ops))
	onID := make(map[string]*bulkOp)
	for _, op := range j.ops {
		op.await(onID)
	}
	j.findCircles()
	for i, op := range j.ops {
		a.reached = i + 1
		if op.waits == 0 {
			a.place(op)
		}
		if c := op.circle; c != nil {
			if c.awaited--; c.awaited == 0 {
				a.open(c)
			}
		}
	}
	for _, op := range j.ops {
		if !op.placed { // it waits for what cannot be
			a.append(op)
		}
		if c := op.completion; c != nil && !c.placed {
			a.append(c)
		}
	}
}

// await notes what an operation waits for. onID has the last operation on each id.
func (op *bulkOp) await(onID map[string]*bulkOp) {
	for _, post := range op.refs {
		if post != op { // it does without itself at first
			post.waiters = append(post.waiters, op)
			op.waits++
		}
	}
	var before *bulkOp
	switch {
	case op.err != nil:
	case op.target != nil:
		if before = op.target.last; before == nil {
			before = op.target
		}
		op.target.last = op
		op.target.waiters = append(op.target.waiters, op)
		op.waits++
	case op.id != "":
		before = onID[op.id]
		onID[op.id] = op
	}
	if before != nil {
		before.followers = append(before.followers, op)
		op.waits++
	}
}

func (a *arranger) append(op *bulkOp) {
	op.placed, op.position = true, len(a.job.order)
	a.job.order = append(a.job.order, op)
}

// place puts an operation behind those that have been placed, and after it those
// that have been waiting for it since their turn.
func (a *arranger) place(op *bulkOp) {
	a.queue = append(a.queue, op)
	for len(a.queue) > 0 {
		op := a.queue[0]
		a.queue = a.queue[1:]
		if op.placed {
			continue
		}
		op.addCompletion()
		a.append(op)
		for _, w := range op.waiters {
			if w.canDoWithout(op) {
				w.optional--
			}
			a.release(w)
		}
		for _, f := range op.followers {
			a.release(f)
		}
		if c := op.completion; c != nil && c.waits == 0 {
			a.queue = append(a.queue, c)
		}
	}
}

// release tells an operation that one of those it waits for has been placed.
func (a *arranger) release(op *bulkOp) {
	op.waits--
	if op.waits == 0 && op.index < a.reached || op.circle != nil && op.circle.awaited == 0 && op.waits == op.optional {
		a.queue = append(a.queue, op)
	}
}

// open places the members of a circle that wait for nothing but what they can do
// without, and with them those that only waited for these.
func (a *arranger) open(c *circle) {
	for _, op := range c.members {
		if op.waits == op.optional {
			a.place(op)
		}
	}
}

// addCompletion gives a POST that is about to be placed a completion if it refers
// to what has not been.
func (op *bulkOp) addCompletion() {
	if op.method != http.MethodPost {
		return
	}
	var c *bulkOp
	for _, post := range op.refs {
		if post.placed {
			continue
		}
		if c == nil {
			x := *op.x
			c = &bulkOp{job: op.job, x: &x, index: op.index, method: http.MethodPatch, completes: op}
			c.l = op.l
			op.completion = c
			// Others have their turn at the resource when it is complete.
			c.followers, op.followers = op.followers, nil
		}
		c.refs = append(c.refs, post)
		if post != op {
			post.waiters = append(post.waiters, c)
			c.waits++
		}
	}
}

// findCircles finds the POSTs that wait in circles.
func (j *bulkJob) findCircles() {
	left := j.waitingForever()
	if len(left) == 0 {
		return
	}
	// What none of them waits for is in no circle.
	needers := make(map[*bulkOp]int, len(left))
	for op := range left {
		for _, post := range op.refs {
			if post != op && left[post] {
				needers[post]++
			}
		}
	}
	var free []*bulkOp
	for op := range left {
		if needers[op] == 0 {
			free = append(free, op)
		}
	}
	for len(free) > 0 {
		op := free[len(free)-1]
		free = free[:len(free)-1]
		delete(left, op)
		for _, post := range op.refs {
			if post != op && left[post] {
				if needers[post]--; needers[post] == 0 {
					free = append(free, post)
				}
			}
		}
	}
	for _, op := range j.ops {
		if left[op] {
			op.required = op.requiredPosts()
			if op.circle == nil {
				newCircle(op, left)
			}
		}
	}
	for op := range left {
		for _, post := range op.refs {
			if post != op && op.canDoWithout(post) {
				op.optional++
			}
		}
	}
}

// waitingForever returns the POSTs that can never be placed where nobody does
// without anything.
func (j *bulkJob) waitingForever() map[*bulkOp]bool {
	waits := make(map[*bulkOp]int)
	left := make(map[*bulkOp]bool)
	var free []*bulkOp
	for _, op := range j.ops {
		if op.method != http.MethodPost || len(op.refs) == 0 {
			continue
		}
		for _, post := range op.refs {
			if post != op && len(post.refs) > 0 {
				waits[op]++
			}
		}
		left[op] = true
		if waits[op] == 0 {
			free = append(free, op)
		}
	}
	for len(free) > 0 {
		op := free[len(free)-1]
		free = free[:len(free)-1]
		delete(left, op)
		for _, w := range op.waiters {
			if left[w] {
				if waits[w]--; waits[w] == 0 {
					free = append(free, w)
				}
			}
		}
	}
	return left
}

// newCircle gathers those of the POSTs that are joined with one by references.
func newCircle(op *bulkOp, among map[*bulkOp]bool) {
	c := &circle{}
	op.circle = c
	for found := []*bulkOp{op}; len(found) > 0; {
		op := found[len(found)-1]
		found = found[:len(found)-1]
		c.members = append(c.members, op)
		for _, list := range [][]*bulkOp{op.refs, op.waiters} {
			for _, other := range list {
				if among[other] && other.circle == nil {
					other.circle = c
					found = append(found, other)
				}
			}
		}
	}
	slices.SortFunc(c.members, func(a, b *bulkOp) int { return cmp.Compare(a.index, b.index) })
	c.awaited = len(c.members)
}

// canDoWithout reports whether the resource of a POST in a circle can be created
// without that of another one in it.
func (op *bulkOp) canDoWithout(post *bulkOp) bool {
	return op.circle != nil && op.circle == post.circle && !op.required[post]
}

// requiredPosts returns the POSTs that required attributes of the resource refer
// to.
func (op *bulkOp) requiredPosts() map[*bulkOp]bool {
	found := make(map[*bulkOp]bool)
	if op.preview == nil {
		return found // decoding will fail
	}
	for s, v := range op.preview.in.Values() {
		if op.l.typ.Attribute(s).Required {
			op.anyMention(v, func(post *bulkOp) bool {
				if post != nil {
					found[post] = true
				}
				return false
			})
		}
	}
	return found
}
