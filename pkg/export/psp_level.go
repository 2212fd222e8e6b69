package export

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kubectl-pss/kubectl-pss/pkg/standard"
)

// judge asks upstream's checks what a level lets through: a rule is worth having only where the level does.
type judge struct {
	level     api.LevelVersion
	evaluator policy.Evaluator
	// capabilities and sysctls are the names that levels have an opinion about.
	capabilities, sysctls []string
}

func newJudge(level api.LevelVersion) (*judge, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	explanations, err := standard.Explanations()
	if err != nil {
		return nil, err
	}
	j := &judge{level: level, evaluator: evaluator}
	for i := range explanations {
		switch explanations[i].Check {
		case "capabilities_baseline":
			j.capabilities = allowedNames(&explanations[i])
		case "sysctls":
			j.sysctls = allowedNames(&explanations[i])
		}
	}
	return j, nil
}

func allowedNames(e *standard.Explanation) []string {
	names := make([]string, 0, len(e.Allowed))
	for _, a := range e.Allowed {
		names = append(names, a.Value)
	}
	return names
}

func (j *judge) admitsAny(changes []change) bool { return slices.ContainsFunc(changes, j.admits) }

// admits says whether the level lets a change to a pod pass that is otherwise beyond reproach, be it one with a user
// namespace, which some checks are lenient with.
func (j *judge) admits(change change) bool {
	for _, hostUsers := range []*bool{nil, new(false)} {
		pod := irreproachable()
		pod.Spec.HostUsers = hostUsers
		change(pod, &pod.Spec.Containers[0])
		results := j.evaluator.EvaluatePod(j.level, &pod.ObjectMeta, &pod.Spec)
		if !slices.ContainsFunc(results, func(r policy.CheckResult) bool { return !r.Allowed }) {
			return true
		}
	}
	return false
}

// irreproachable is a pod that every level admits.
func irreproachable() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "probe"},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot:   new(true),
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{Name: "c", SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false),
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			}}},
		},
	}
}

// unchanged is a change for rules about what no level looks at.
func unchanged(*corev1.Pod, *corev1.Container) {}
