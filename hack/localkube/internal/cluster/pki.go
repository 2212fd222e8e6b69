package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"time"
)

const (
	certificateLife = 10 * 365 * 24 * time.Hour
	// clockSkew lets clients whose clock is behind still believe in the certificates.
	clockSkew = time.Hour
	rsaBits   = 2048
)

// The files in the pki folder.
const (
	caCert      = "ca.crt"
	caKey       = "ca.key"
	servingCert = "apiserver.crt"
	servingKey  = "apiserver.key"
	accountsKey = "service-accounts.key"
	tokensFile  = "tokens.csv"
)

// writeCertificates makes an authority, a certificate of the API server and the key that signs service account tokens.
func writeCertificates(dir string) error {
	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	authority := template("localkube-ca")
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageCRLSign

	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	server := template(apiserver)
	server.KeyUsage = x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.DNSNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback, net.ParseIP(firstServiceIP)}

	// Older releases take no other kind of key for service accounts in every place.
	accounts, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return err
	}
	writes := []func() error{
		func() error {
			return writeCertificate(pkiPath(dir, caCert), authority, authority, authorityKey, authorityKey)
		},
		func() error { return writeKey(pkiPath(dir, caKey), authorityKey) },
		func() error {
			return writeCertificate(pkiPath(dir, servingCert), server, authority, serverKey, authorityKey)
		},
		func() error { return writeKey(pkiPath(dir, servingKey), serverKey) },
		func() error {
			return writePEM(pkiPath(dir, accountsKey), "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(accounts))
		},
	}
	for _, write := range writes {
		if err := write(); err != nil {
			return err
		}
	}

	return nil
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-clockSkew),
		NotAfter:     time.Now().Add(certificateLife),
	}
}

func writeCertificate(path string, cert, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) error {
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, &key.PublicKey, signer)
	if err != nil {
		return err
	}

	return writePEM(path, "CERTIFICATE", der)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}

	return writePEM(path, "EC PRIVATE KEY", der)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// newToken returns a secret that nobody can guess.
func newToken() string {
	raw := make([]byte, 24)
	// crypto/rand.Read never fails since Go 1.24; it ends the program instead.
	_, _ = rand.Read(raw)

	return hex.EncodeToString(raw)
}
