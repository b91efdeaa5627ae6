package scim

import (
	"context"
	"net/http"
	"strconv"

	"github.com/usher-scim/usher/schema"
)

const (
	bulkRequestURN  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseURN = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
)

type bulkOperationKey struct{}

// BulkOperation returns which operation of a bulk request a context belongs to,
// counted from 1; 0 where it belongs to a request of its own. Backends and
// [Options].Refused get such contexts.
func BulkOperation(ctx context.Context) int {
	n, _ := ctx.Value(bulkOperationKey{}).(int)
	return n
}

// bulkJob is a bulk request (RFC 7644 section 3.7).
type bulkJob struct {
	x            *exchange
	ops          []*bulkOp          // as in the request
	posts        map[string]*bulkOp // by bulkId
	failOnErrors int                // 0: errors stop nothing
	// order has the operations as they are carried out one after the other; see
	// arrange.
	order  []*bulkOp
	failed int // how many operations have failed
	// skipped says that operations were not begun because the request was given up.
	skipped bool
}

// bulk serves bulk requests. One that can be processed is answered with status
// 200, whatever becomes of its operations.
func (x *exchange) bulk() error {
	switch {
	case x.h.set.NoBulk:
		return unsupported("Bulk requests are not supported: send the operations one by one.")
	case x.r.Method != http.MethodPost:
		return x.methods("POST")
	}
	if err := x.mayWrite(); err != nil {
		return err
	}
	body, err := x.bodyUpTo(x.h.set.MaxBulkBody)
	if err != nil {
		return err
	}
	j, err := x.newBulkJob(body)
	if err != nil {
		return err
	}
	j.arrange()
	// With failOnErrors, which operations are processed must not depend on which one
	// fails first.
	if j.failOnErrors > 0 || x.h.set.BulkWorkers == 1 || len(j.order) == 1 {
		j.inTurn()
	} else {
		j.concurrently(x.h.set.BulkWorkers)
	}
	return j.answer()
}

// newBulkJob reads a BulkRequest. Its error is about the message as a whole; what
// is wrong with a single operation is that operation's error.
func (x *exchange) newBulkJob(body schema.Value) (*bulkJob, error) {
	d := x.decoder(nil)
	if !names(body.Member("schemas"), bulkRequestURN) && !d.can(missingSchemas) {
		return nil, syntaxError("The attribute schemas has to name %s.", bulkRequestURN)
	}
	j := &bulkJob{x: x}
	if v := body.Member("failOnErrors"); !v.Unassigned() {
		n, ok := v.Integer()
		if !ok || n < 0 {
			return nil, syntaxError("The attribute failOnErrors has to be a whole number, 1 or more.")
		}
		j.failOnErrors = int(min(n, maxNumber))
	}
	list := body.Member("Operations")
	if list.Kind() == schema.KindObject && d.can(singleAsList) {
		list = schema.ListValue(list)
	}
	switch most := x.h.set.MaxBulkOps; {
	case list.Kind() != schema.KindList || list.Len() == 0: // an empty list is no value (RFC 7643 section 2.5)
		return nil, syntaxError("The body needs Operations, a list of one operation or more.")
	case list.Len() > most:
		return nil, Errorf(http.StatusRequestEntityTooLarge, "", "A bulk request may have %d operations at most (maxOperations).", most)
	}
	for v := range list.Elements() {
		if v.Kind() != schema.KindObject {
			return nil, syntaxError("An operation has to be an object.")
		}
		// A list of these would be answered at many times its length.
		if v.Member("method").Unassigned() {
			return nil, syntaxError("An operation needs a method.")
		}
	}
	j.read(list)
	return j, nil
}

// read reads the operations.
func (j *bulkJob) read(list schema.Value) {
	j.posts = make(map[string]*bulkOp)
	j.ops = make([]*bulkOp, list.Len())
	addressed := make(map[string]bool) // the ids that paths have
	for i := range j.ops {
		op := j.newOp(i)
		j.ops[i] = op
		op.err = op.parse(list.At(i))
		if op.id != "" {
			addressed[op.id] = true
		}
		if op.method != http.MethodPost || op.bulkID == "" {
			continue
		}
		if j.posts[op.bulkID] == nil {
			j.posts[op.bulkID] = op
		} else if op.err == nil {
			op.err = Errorf(http.StatusBadRequest, InvalidValue, "The bulkId of the operation is that of an operation before it.")
		}
	}
	for _, op := range j.ops {
		if op.err == nil {
			op.err = op.link(addressed)
		}
	}
}

func (j *bulkJob) newOp(index int) *bulkOp {
	x := *j.x
	x.ctx = context.WithValue(x.ctx, bulkOperationKey{}, index+1)
	return &bulkOp{job: j, x: &x, index: index}
}

// inTurn carries out the operations one after the other.
func (j *bulkJob) inTurn() {
	for i, op := range j.order {
		op.attempt()
		j.finish(op)
		if j.failOnErrors > 0 && j.failed >= j.failOnErrors {
			j.stop(j.order[i+1:])
			return
		}
	}
}

// stop leaves operations out. Resources that were to be completed stay as they
// are, and their operations say so.
func (j *bulkJob) stop(left []*bulkOp) {
	for _, op := range left {
		if op.completes != nil && op.completes.id != "" {
			op.id, op.err = op.completes.id, Errorf(http.StatusConflict, "", "Processing has stopped.")
			j.finish(op)
		}
	}
}

// finish takes the result of an operation.
func (j *bulkJob) finish(op *bulkOp) {
	op.processed = true
	if op.err != nil {
		j.failed++
		op.failure = j.report(op)
	}
	if post := op.completes; post != nil && post.failure == nil {
		post.failure, post.version = op.failure, op.version
	}
}

// report tells those who want to know of an operation's error what they would have
// been told of that of a single request, and returns what the client gets to see.
func (j *bulkJob) report(op *bulkOp) *Error {
	e := op.x.visible(op.err)
	if op.completes != nil {
		e = incomplete(e)
	}
	op.singleRequest()
	if op.panicked || op.skipped && j.skipped { // it is in the log, where once is enough
		op.x.refused(e)
		return e
	}
	j.skipped = j.skipped || op.skipped
	return op.x.report(e)
}

// answer sends the results of the operations that were processed, in the order of
// the request (RFC 7644 section 3.7.3).
func (j *bulkJob) answer() error {
	b := j.x.h.buffer()
	defer j.x.h.release(b)
	w := &writer{*b}
	w.open("", '{')
	w.texts("schemas", bulkResponseURN)
	w.open("Operations", '[')
	for _, op := range j.ops {
		if op.processed {
			op.appendResult(w)
		}
	}
	w.close(']')
	w.close('}')
	*b = append(w.buf, '\n')
	return j.x.answer(http.StatusOK, *b)
}

// appendResult appends the result of an operation. It shows no resource: those who
// want to see it have its location.
func (op *bulkOp) appendResult(w *writer) {
	w.open("", '{')
	if op.id != "" {
		w.text("location", string(appendLocation([]byte(op.x.h.set.base), op.l.rt.Endpoint, op.id)))
	}
	w.optional("method", op.method)
	w.optional("bulkId", op.bulkID)
	if e := op.failure; e != nil {
		w.text("status", strconv.Itoa(e.Status))
		w.key("response")
		w.buf = e.AppendJSON(w.buf)
	} else {
		if op.version != "" {
			w.text("version", etag(op.version))
		}
		w.text("status", strconv.Itoa(op.success()))
	}
	w.close('}')
}
