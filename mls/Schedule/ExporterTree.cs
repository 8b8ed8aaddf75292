using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Schedule;

/// <summary>
/// The exporter that forgets (draft-ietf-mls-extensions, "Exported Secrets"): a tree like the secret tree, always with
/// 2^16 leaves, one for each component of the application. A secret that was given out once cannot be derived again.
/// </summary>
internal sealed class ExporterTree : IDisposable
{
    private const uint Components = 1 << 16;

    private readonly SecretNodes _nodes;

    private ExporterTree(SecretNodes nodes) => _nodes = nodes;

    /// <summary>Starts from an epoch secret, which stays the caller's.</summary>
    internal static ExporterTree Start(Suite suite, ReadOnlySpan<byte> epochSecret) =>
        new(new SecretNodes(suite, Components, suite.DeriveSecret(epochSecret, "application_export"u8)));

    /// <summary>Takes the secret of a component; null if it was taken before.</summary>
    internal byte[]? Take(ushort component) => _nodes.Take(new LeafIndex(component));

    public void Dispose() => _nodes.Dispose();

    internal void Write(MlsWriter writer) => _nodes.Write(writer);

    internal static ExporterTree? Read(Suite suite, ref MlsReader reader) =>
        SecretNodes.Read(suite, ref reader) is { } nodes ? new ExporterTree(nodes) : null;
}
