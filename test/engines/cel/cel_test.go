package cel

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-pss/kubectl-pss/pkg/export"
)

// set has one rule about the host's network, which looks at pods whose request changes something.
func set(change func(*export.Set)) *export.Set {
	s := &export.Set{
		Name:       "test",
		Conditions: []export.Condition{{Name: "not-exempt", Expression: "!has(object.metadata.labels) || !('exempt' in object.metadata.labels)"}},
		Rules: []export.Rule{{
			Name:      "host-network",
			Params:    []export.Param{{Name: "allowed", Value: []string{"agent", "it's"}}},
			Variables: []export.Variable{{Name: "names", Expression: "object.spec.containers.filter(c, !(c.name in variables.allowed)).map(c, c.name)"}},
			Validations: []export.Validation{{
				Expression:        "!object.spec.?hostNetwork.orValue(false) || size(variables.names) == 0",
				Message:           "no host network",
				MessageExpression: "'host network of ' + variables.names.join(', ')",
			}},
		}},
	}
	if change != nil {
		change(s)
	}
	return s
}

func pod(hostNetwork bool, labels map[string]string, containers ...string) *corev1.Pod {
	p := &corev1.Pod{}
	p.Namespace, p.Name, p.Labels = "n", "p", labels
	p.Spec.HostNetwork = hostNetwork
	for _, c := range containers {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: c, Image: "i"})
	}
	return p
}

func TestJudge(t *testing.T) {
	for name, tt := range map[string]struct {
		request Request
		want    []Refusal
	}{
		"allowed":          {request: Request{Pod: pod(false, nil, "a")}},
		"refused":          {request: Request{Pod: pod(true, nil, "a", "agent", "b")}, want: []Refusal{{"host-network", "host network of a, b"}}},
		"parameter":        {request: Request{Pod: pod(true, nil, "agent", "it's")}},
		"condition":        {request: Request{Pod: pod(true, map[string]string{"exempt": ""}, "a")}},
		"update":           {request: Request{Pod: pod(true, nil, "a"), Old: pod(true, nil, "a")}, want: []Refusal{{"host-network", "host network of a"}}},
		"debugged":         {request: Request{Pod: pod(true, nil, "a"), Old: pod(true, nil, "a"), Subresource: "ephemeralcontainers"}, want: []Refusal{{"host-network", "host network of a"}}},
		"other subject":    {request: Request{Pod: pod(true, nil, "a"), Old: pod(true, nil, "a"), Subresource: "status"}},
		"created, not set": {request: Request{Pod: pod(true, nil, "a"), Operation: "CONNECT"}},
	} {
		policies, err := Compile(set(nil))
		if err != nil {
			t.Fatal(err)
		}
		got, err := policies.Judge(t.Context(), tt.request)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// What a server would take for a refusal under failurePolicy Fail is told apart from one.
func TestFaultsOfExpressions(t *testing.T) {
	first := func(change func(*export.Validation)) func(*export.Set) {
		return func(s *export.Set) { change(&s.Rules[0].Validations[0]) }
	}
	for name, tt := range map[string]struct {
		change func(*export.Set)
		want   string
	}{
		"missing field": {first(func(v *export.Validation) { v.Expression = "object.spec.hostPID == true" }), "host-network: expression 'object.spec.hostPID == true' resulted in error: no such key: hostPID"},
		"message":       {first(func(v *export.Validation) { v.MessageExpression = "string(object.spec.nodeName)" }), "host-network: no message, or its messageExpression failed: failed expression: !object"},
		"cost": {first(func(v *export.Validation) {
			v.Expression = strings.Replace("variables.all.all(a, variables.all.all(b, variables.all.all(c, variables.all.all(d, a + b + c + d >= 0))))", "variables.all.", "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39].", 4)
		}), "host-network: expression '[0,1"},
		"condition": {func(s *export.Set) { s.Conditions[0].Expression = "object.spec.hostPID == true" }, "host-network: expression 'object.spec.hostPID == true' resulted in error"},
	} {
		policies, err := Compile(set(tt.change))
		if err != nil {
			t.Fatal(err)
		}
		refusals, err := policies.Judge(t.Context(), Request{Pod: pod(true, nil, "a")})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, and refusals %v", name, err, refusals)
		}
	}
}

func TestExpressionsThatDoNotCompile(t *testing.T) {
	for want, change := range map[string]func(*export.Set){
		"host-network: variable names: compilation failed":     func(s *export.Set) { s.Rules[0].Variables[0].Expression = "object.spec." },
		"host-network: validations: compilation failed":        func(s *export.Set) { s.Rules[0].Validations[0].Expression = "variables.nothing" },
		"host-network: validations: must evaluate to bool":     func(s *export.Set) { s.Rules[0].Validations[0].Expression = "'yes'" },
		"host-network: messageExpression: must evaluate to st": func(s *export.Set) { s.Rules[0].Validations[0].MessageExpression = "1" },
		"host-network: matchConditions: compilation failed":    func(s *export.Set) { s.Conditions[0].Expression = "size(" },
		"rule host-network: parameter allowed: a float64":      func(s *export.Set) { s.Rules[0].Params[0].Value = 1.5 },
	} {
		if _, err := Compile(set(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*export.Set)
		want   string
	}{
		"good":      {},
		"no field":  {func(s *export.Set) { s.Rules[0].Validations[0].Expression = "object.spec.hostNetworks" }, "undefined field 'hostNetworks'"},
		"message":   {func(s *export.Set) { s.Rules[0].Validations[0].MessageExpression = "object.metadata.nam" }, "undefined field 'nam'"},
		"type":      {func(s *export.Set) { s.Rules[0].Validations[0].Expression = "object.spec.hostNetwork == 'yes'" }, "no matching overload"},
		"condition": {func(s *export.Set) { s.Conditions[0].Expression = "object.spec.hostNetworks" }, "condition not-exempt: /v1, Kind=Pod"},
		"too new": {func(s *export.Set) {
			s.Rules[0].Validations[0].Expression = "[1, 2].all(i, v, v > i)"
		}, "on v1.30: host-network: validations: compilation failed"},
	} {
		objects, err := FromSet(set(tt.change))
		if err != nil {
			t.Fatal(err)
		}
		found := strings.Join(Check(objects[0]), "\n")
		if (found == "") != (tt.want == "") || !strings.Contains(found, tt.want) {
			t.Errorf("%s: %q, want %q", name, found, tt.want)
		}
	}
}
