package httpx

import (
	"context"
	"math/rand/v2"
	"time"
)

// Clock is the source of time of a [Client] and a [Budget]. Every wait goes through it, so a test that
// injects one needs no real time. It must be safe for concurrent use.
type Clock interface {
	// Now returns the current time.
	Now() time.Time

	// AfterFunc calls f once, after d, and not from inside AfterFunc itself. The returned function cancels
	// the call and reports whether it did so in time, like [time.Timer.Stop].
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// systemClock is the default Clock.
type systemClock struct{}

var _ Clock = systemClock{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

// defaultJitter is the default of Options.Jitter.
func defaultJitter() float64 { return rand.Float64() }

// sleep waits for d or until ctx is done, whichever comes first.
func sleep(ctx context.Context, clock Clock, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d <= 0 {
		return nil
	}
	fired := make(chan struct{})
	stop := clock.AfterFunc(d, func() { close(fired) })
	select {
	case <-fired:
		return nil
	case <-ctx.Done():
		stop()
		return ctx.Err()
	}
}
