package deliveries_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"postern/internal/delivery"
	"postern/internal/store"
	"postern/internal/store/database"
	"postern/internal/store/deliveries"
)

func size(t testing.TB, j *store.Store) int64 {
	t.Helper()
	n, err := j.DB.Size(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestASuccessTakesAtMost40BytesOnDisk(t *testing.T) {
	// Its attempt, with its part of the row and of the indexes, beside a few
	// other endpoints'.
	t.Parallel()
	for _, tc := range []struct {
		perSettlement int
		most          float64 // bytes; close to what it is, so that a row that grows is noticed
	}{{100, 12}, {3, 27}} {
		t.Run(fmt.Sprintf("%d a settlement", tc.perSettlement), func(t *testing.T) {
			t.Parallel()
			j := open(t)
			var workers []int64
			for i := range 10 {
				workers = append(workers, endpoint(t, j.Deliveries, fmt.Sprintf("wh_%d", i)).N)
			}
			before := size(t, j)
			const n = 20_000
			made := 0
			for made < n {
				var settlements []*deliveries.Settlement
				for range 100 {
					s := &deliveries.Settlement{Endpoint: workers[len(settlements)%len(workers)]}
					for range tc.perSettlement {
						made++
						// As a store does that has run for a while, with
						// the requests of a worker ending out of order.
						seq := 50_000_000 + int64(made)*int64(len(workers)) + int64(made*7%13)
						s.Attempts = append(s.Attempts, delivery.Attempt{Seq: seq, At: start.Add(time.Duration(made) * 3 * time.Millisecond),
							Duration: time.Duration(800+made%9000) * time.Microsecond, Number: 1, Status: 200})
					}
					settlements = append(settlements, s)
				}
				// In one commit, which costs the same room and less time.
				err := j.DB.Write(context.Background(), func(tx *database.Tx) error {
					for _, s := range settlements {
						if err := deliveries.ApplySettlement(j.Deliveries, context.Background(), tx, s); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			per := float64(size(t, j)-before) / float64(made)
			t.Logf("an attempt takes %.1f bytes", per)
			if per > tc.most {
				t.Errorf("an attempt takes %.1f bytes, more than %g", per, tc.most)
			}
		})
	}
}
