package scripts

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-pss/kubectl-pss/pkg/cmd"
	"github.com/kubectl-pss/kubectl-pss/test/fakeapi"
)

// evil would recolour, ring, overwrite a line, reverse the text and start a new row.
const evil = "\x1b]0;owned\x07\x1b[2J\r\u202eevil\u200b\u009b31m\nshop   complies\t"

// TestHostileText fills every string of pods with control characters, by reflection so that none is forgotten, and
// looks at every byte that the table formats print.
func TestHostileText(t *testing.T) {
	server := fakeapi.New(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: evil, UID: "1", Labels: map[string]string{"pod-security.kubernetes.io/enforce": evil},
	}})
	t.Cleanup(server.Close)
	for i, controlled := range []bool{false, true} {
		pod := &corev1.Pod{}
		count := fill(reflect.ValueOf(pod).Elem(), 12)
		if count < 200 {
			t.Fatalf("only %d strings filled", count)
		}
		pod.UID, pod.DeletionTimestamp = types.UID(strconv.Itoa(i)), nil
		pod.OwnerReferences[0].Controller = &controlled
		pod.Spec.OS = nil // Windows would wave some checks through
		pod.Name = fmt.Sprint(evil, i)
		server.Add(pod)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, server.Kubeconfig(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "ns"},
		{"check", "ns", "-o", "wide"},
		{"psp", "plan"},
		{"psp", "plan", "--step", "soak"},
		{"check", "ns", "--details"},
		{"check", "ns", "--no-headers"},
		{"check", "ns", "--details", "--enforce", "restricted", "--audit", "baseline"},
		{"check", "ns", evil},
		{"check", evil},
		{"check", "ns", "--enforce", evil},
		{"check", "pod", evil, "-n", evil},
		{"label", "ns", "--all", "--enforce", "restricted", "--dry-run=client"},
		{"label", "ns", "--all", "--enforce", "restricted", "--dry-run=client", "-o", "wide"},
		{"label", "ns", "--all", "--enforce", "restricted", "--yes"},
		{"label", "ns", evil, "--enforce", "restricted", "--dry-run=client"},
		{"label", "-f", evil},
		{"rollback", evil},
		{"rollback", "--list", "-o", evil},
		{"blocked", "-n", evil},
		{"psp", "list", "-o", evil},
		{"psp", "check", evil},
		{"who-can", "use", evil},
		{"who-can", evil},
		{"explain", evil},
		{"export", evil, "--control", "image-tags"},
		{"export", "shop", "--control", evil},
		{"export", "shop", "-f", evil},
		{"export", "shop", "--except", evil, "--level", "baseline"},
		{"export", "-l", evil, "--control", "image-tags"},
		{"export", "--all", "--control", "image-tags", "--to", evil},
		{"export", "--all", "--control", "image-tags", "--name", evil},
		{"check", "-f", evil},
		{"check", "-o", evil},
		{"check", "ns", "-l", evil},
		{evil},
	} {
		stdout, stderr := runIn(t, append(args, "--kubeconfig", kubeconfig)...)
		if text := stdout + stderr; !strings.Contains(text, `\x1b]0;owned`) {
			t.Errorf("%q: the text is not shown at all, so that nothing was tried: %s", args, text)
		}
		for stream, text := range map[string]string{"stdout": stdout, "stderr": stderr} {
			for _, r := range text {
				if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar) {
					t.Errorf("%q: %s has %U in %q", args, stream, r, text)
					break
				}
			}
		}
	}
}

// runIn runs the command in this process.
func runIn(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	in, out, errOut := open("in"), open("out"), open("err")
	cmd.Main(in, out, errOut, args, own)
	read := func(f *os.File) string {
		data, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	return read(out), read(errOut)
}

// fill sets every string within v to evil, every bool to true and every number to 1, and makes one element of every
// slice and map; it returns how many strings it set.
func fill(v reflect.Value, depth int) int {
	if !v.CanSet() || depth == 0 {
		return 0
	}
	count := 0
	switch v.Kind() {
	case reflect.String:
		v.SetString(evil)
		count = 1
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		count = fill(v.Elem(), depth-1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		count = fill(v.Index(0), depth-1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		count = fill(key, depth-1) + fill(value, depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for _, field := range v.Fields() {
			count += fill(field, depth-1)
		}
	}
	return count
}

// own is an environment in which the collector of this process, which is not the command's, is left as it is.
func own(name string) string {
	return map[string]string{"GOGC": "100"}[name]
}
