using System.Text.Json;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Mls.Tests.Support;

/// <summary>A decoder of bytes that strangers send, and where messages.json has an example for it.</summary>
/// <param name="Field">The field of the example.</param>
/// <param name="Prefix">A proposal's type, which the example leaves out; 0 for none.</param>
/// <param name="Decode">Decodes the whole of some bytes; false where it refuses them.</param>
internal sealed record MlsDecoder(string Field, ushort Prefix, Func<ReadOnlyMemory<byte>, bool> Decode)
{
    private static readonly Suite _suite = Suite.Require(CipherSuite.X25519Aes128GcmSha256Ed25519);

    private delegate bool Reading(ref MlsReader reader);

    internal static MlsDecoder[] All { get; } =
    [
        new("mls_welcome", 0, b => UnverifiedWelcome.Parse(b.Span).IsOk),
        new("mls_group_info", 0, b => UnverifiedGroupInfo.Parse(b.Span).IsOk),
        new("mls_key_package", 0, b => UnverifiedKeyPackage.Parse(b.Span).IsOk),
        new("ratchet_tree", 0, b => !RatchetTree.TryRead(_suite, b, out _).Failed),
        new("group_secrets", 0, b => Read(b, (ref MlsReader r) => GroupSecrets.TryRead(ref r, out _))),
        new("add_proposal", ProposalType.Add, ReadProposal),
        new("update_proposal", ProposalType.Update, ReadProposal),
        new("remove_proposal", ProposalType.Remove, ReadProposal),
        new("pre_shared_key_proposal", ProposalType.Psk, ReadProposal),
        new("re_init_proposal", ProposalType.ReInit, ReadProposal),
        new("external_init_proposal", ProposalType.ExternalInit, ReadProposal),
        new("group_context_extensions_proposal", ProposalType.GroupContextExtensions, ReadProposal),
        new("commit", 0, b => Read(b, (ref MlsReader r) => Commit.TryRead(ref r, out _))),
        new("public_message_application", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        new("public_message_proposal", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        new("public_message_commit", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        new("private_message", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
    ];

    /// <summary>
    /// Those that a case has an example for. mlspp makes no application data in a public message (section 6.2 forbids
    /// to send it), the published file does.
    /// </summary>
    internal static IEnumerable<MlsDecoder> For(JsonElement item) =>
        All.Where(d => d.Field != "public_message_application" || item.TryGetProperty(d.Field, out _));

    /// <summary>The example of a case.</summary>
    internal byte[] Sample(JsonElement item) =>
        Prefix == 0 ? item.Hex(Field) : [(byte)(Prefix >> 8), (byte)Prefix, .. item.Hex(Field)];

    private static bool ReadProposal(ReadOnlyMemory<byte> bytes) =>
        Read(bytes, (ref MlsReader r) => Proposal.TryRead(ref r, out _));

    private static bool Read(ReadOnlyMemory<byte> bytes, Reading reading)
    {
        MlsReader reader = new(bytes);
        return reading(ref reader) && reader.AtEnd;
    }
}
