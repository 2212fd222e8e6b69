package cluster

import (
	"context"
	"fmt"
	"runtime"
)

// object is a Kubernetes object as plain JSON.
type object = map[string]any

// createNodes makes the nodes that KWOK then brings to life. They are larger than any estate that a test could make.
func createNodes(ctx context.Context, a *api, count int, version string) error {
	for number := range count {
		name := fmt.Sprintf("node-%d", number+1)
		capacity := object{"cpu": "4096", "memory": "16Ti", "ephemeral-storage": "64Ti", "pods": "200000"}
		node := object{
			"apiVersion": "v1", "kind": "Node",
			"metadata": object{"name": name, "labels": object{
				"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": runtime.GOARCH,
			}},
			"status": object{
				// KWOK's heartbeat only beats for nodes of this phase.
				"phase": "Running", "capacity": capacity, "allocatable": capacity,
				"nodeInfo": object{
					"operatingSystem": "linux", "architecture": runtime.GOARCH, "kubeletVersion": version,
					"kubeProxyVersion": version, "containerRuntimeVersion": "kwok", "osImage": "none",
					"kernelVersion": "none", "machineID": "", "systemUUID": "", "bootID": "",
				},
			},
		}
		if err := a.create(ctx, "/api/v1/nodes", node); err != nil {
			return fmt.Errorf("cannot create %s: %w", name, err)
		}
	}

	return nil
}

// createStorageClass makes claims that name no class bind at once, by the stages for volumes, so that StatefulSets with
// claims get pods that run. The name is the one those stages look for.
func createStorageClass(ctx context.Context, a *api) error {
	return a.create(ctx, "/apis/storage.k8s.io/v1/storageclasses", object{
		"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
		"metadata": object{
			"name":        "kwok-volume",
			"annotations": object{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		"provisioner": "kwok.x-k8s.io/volume", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate",
	})
}

// nodeList is the part of a list of nodes that tells whether pods could run there.
type nodeList struct {
	Items []struct {
		Spec struct {
			Taints []struct{} `json:"taints"`
		} `json:"spec"`
		Status struct {
			Conditions []struct {
				Type   string `json:"type"`
				Status string `json:"status"`
			} `json:"conditions"`
		} `json:"status"`
	} `json:"items"`
}

// ready counts the nodes that are ready and that have lost the taint which every new node is given.
func (l nodeList) ready() int {
	count := 0
	for _, node := range l.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type == "Ready" && condition.Status == "True" && len(node.Spec.Taints) == 0 {
				count++
			}
		}
	}

	return count
}
