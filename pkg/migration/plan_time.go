package migration

import (
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// labelTime is when a label was last written, as managed fields tell it: they keep one time for all that a manager
// wrote, so that it may be later than the truth and never earlier. known is false where nobody is known to have written it.
func labelTime(ns *corev1.Namespace, key string) (at time.Time, known bool) {
	for _, entry := range ns.ManagedFields {
		if entry.FieldsV1 == nil || entry.Time == nil {
			continue
		}
		var fields struct {
			Metadata struct {
				Labels map[string]json.RawMessage `json:"f:labels"`
			} `json:"f:metadata"`
		}
		if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
			continue // unreadable bookkeeping says nothing
		}
		if _, ok := fields.Metadata.Labels["f:"+key]; ok && entry.Time.After(at) {
			at, known = entry.Time.Time, true
		}
	}
	return at, known
}
