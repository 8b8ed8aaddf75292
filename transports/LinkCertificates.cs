using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QuicProChat.Mesh.Identity;

namespace QuicProChat.Mesh.Transports;

/// <summary>A certificate of ours in the form that the TLS stack wants.</summary>
internal sealed class OwnCertificate(X509Certificate2 certificate, long made) : IDisposable
{
    internal long Made { get; } = made;

    internal X509Certificate2 Certificate { get; } = certificate;

    internal SslStreamCertificateContext Context { get; } = SslStreamCertificateContext.Create(certificate, null, offline: true);

    internal byte[] Fingerprint { get; } = SHA256.HashData(certificate.RawDataMemory.Span);

    public void Dispose() => Certificate.Dispose();
}

/// <summary>
/// Our certificate: made afresh at first use and after a day, so that a stolen P-256 key is worth little. One that was
/// replaced is kept for another period, for handshakes that began with it.
/// </summary>
internal sealed class LinkCertificates(LocalIdentity identity, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);

    private readonly object _lock = new();
    private OwnCertificate? _current;
    private OwnCertificate? _previous;

    internal OwnCertificate Current
    {
        get
        {
            lock (_lock)
            {
                if (_current is null || time.GetElapsedTime(_current.Made) >= Period)
                {
                    _previous?.Dispose();
                    _previous = _current;
                    _current = new OwnCertificate(LinkCertificate.Create(identity), time.GetTimestamp());
                }

                return _current;
            }
        }
    }

    public void Dispose()
    {
        _current?.Dispose();
        _previous?.Dispose();
    }
}
