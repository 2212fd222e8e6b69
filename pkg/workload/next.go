package workload

import (
	"strings"
	"time"
	_ "time/tzdata" // zones of CronJobs, also where the system has none

	"github.com/robfig/cron/v3"
)

// nextRun is when a CronJob fires next, read as the CronJob controller reads it (the same parser): an unset time
// zone is the controller manager's own, which a client cannot know, and is taken as UTC. Nil for a schedule that
// never fires or cannot be parsed.
func nextRun(schedule string, zone *string, now time.Time) *time.Time {
	if zone != nil && *zone != "" && !strings.Contains(schedule, "TZ") {
		schedule = "TZ=" + *zone + " " + schedule
	}
	s, err := cron.ParseStandard(schedule)
	if err != nil {
		return nil
	}
	next := s.Next(now.UTC())
	if next.IsZero() {
		return nil
	}
	next = next.UTC()
	return &next
}

func groupOf(apiVersion string) string {
	group, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return group
}
