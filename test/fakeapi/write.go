package fakeapi

import (
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// write answers in protobuf where the request accepts it and the type is known, else in JSON.
func write(w http.ResponseWriter, r *http.Request, code int, obj runtime.Object, gv schema.GroupVersion) {
	media := runtime.ContentTypeJSON
	_, untyped := obj.(runtime.Unstructured)
	if !untyped && strings.Contains(r.Header.Get("Accept"), runtime.ContentTypeProtobuf) {
		media = runtime.ContentTypeProtobuf
	}
	info, ok := runtime.SerializerInfoForMediaType(scheme.Codecs.SupportedMediaTypes(), media)
	if !ok {
		panic("no serializer for " + media)
	}
	var encoder runtime.Encoder = unstructured.UnstructuredJSONScheme
	if !untyped {
		encoder = scheme.Codecs.EncoderForVersion(info.Serializer, gv)
	}
	content, err := runtime.Encode(encoder, obj)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(code)
	_, _ = w.Write(content)
}

func writeStatus(w http.ResponseWriter, r *http.Request, s *metav1.Status) {
	write(w, r, int(s.Code), s, schema.GroupVersion{Version: "v1"})
}

func status(code int32, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}
}
