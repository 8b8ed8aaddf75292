using System.Diagnostics.CodeAnalysis;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Node.Hosting;

/// <summary>
/// Stands where QUIC would, in builds that cannot have it: a static program cannot load libmsquic, so the static build
/// leaves out all the code for it.
/// </summary>
internal sealed class NoQuic : ITransport
{
    /// <summary>
    /// False where the build leaves QUIC out (Native.targets); the trimmer then removes what only QUIC needs.
    /// </summary>
    [FeatureSwitchDefinition("QuicProChat.Mesh.Quic")]
    internal static bool IsQuicBuiltIn => !AppContext.TryGetSwitch("QuicProChat.Mesh.Quic", out bool on) || on;

    /// <inheritdoc/>
    public string Scheme => "quic";

    /// <inheritdoc/>
    public string Unavailable => "the static build cannot load libmsquic; the dynamic build can";

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(LinkUri uri, ILinkAcceptor acceptor, CancellationToken cancellation) =>
        throw new IOException(Unavailable);

    /// <inheritdoc/>
    public ValueTask<DialResult> DialAsync(LinkUri uri, CancellationToken cancellation) =>
        new(new DialResult(null, new LinkEnd(LinkEndCode.TransportFailed, Detail: Unavailable)));
}
