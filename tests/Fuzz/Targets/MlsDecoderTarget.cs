using System.Text.Json;
using QuicProChat.Mesh.Mls;
using QuicProChat.Mesh.Mls.Codec;
using QuicProChat.Mesh.Mls.Crypto;
using QuicProChat.Mesh.Mls.Messages;
using QuicProChat.Mesh.Mls.Tests.Support;
using QuicProChat.Mesh.Mls.Tree;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>The decoders of MLS: the first byte chooses one.</summary>
internal static class MlsDecoderTarget
{
    internal static readonly FuzzTarget Target = new("mls-decoders", "messages, trees, proposals of MLS", Seeds, Run);

    private static readonly Suite Suite1 = Suite.Require(CipherSuite.X25519Aes128GcmSha256Ed25519);

    private static readonly (string Field, ushort Prefix, Func<ReadOnlyMemory<byte>, bool> Decode)[] Decoders =
    [
        ("mls_welcome", 0, b => UnverifiedWelcome.Parse(b.Span).IsOk),
        ("mls_group_info", 0, b => UnverifiedGroupInfo.Parse(b.Span).IsOk),
        ("mls_key_package", 0, b => UnverifiedKeyPackage.Parse(b.Span).IsOk),
        ("public_message_commit", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        ("private_message", 0, b => UnverifiedMessage.Parse(b.Span).IsOk),
        ("ratchet_tree", 0, b => !RatchetTree.TryRead(Suite1, b, out _).Failed),
        ("group_secrets", 0, b => Read(b, (ref MlsReader r) => GroupSecrets.TryRead(ref r, out _))),
        ("commit", 0, b => Read(b, (ref MlsReader r) => Commit.TryRead(ref r, out _))),
        ("add_proposal", ProposalType.Add, ReadProposal),
        ("update_proposal", ProposalType.Update, ReadProposal),
        ("remove_proposal", ProposalType.Remove, ReadProposal),
        ("pre_shared_key_proposal", ProposalType.Psk, ReadProposal),
        ("re_init_proposal", ProposalType.ReInit, ReadProposal),
        ("external_init_proposal", ProposalType.ExternalInit, ReadProposal),
        ("group_context_extensions_proposal", ProposalType.GroupContextExtensions, ReadProposal),
    ];

    private delegate bool Reading(ref MlsReader reader);

    private static IEnumerable<byte[]> Seeds()
    {
        foreach (JsonElement item in MlsInputs.OfMlspp("messages").Take(3))
        {
            for (int i = 0; i < Decoders.Length; i++)
            {
                (string field, ushort prefix, _) = Decoders[i];
                byte[] bytes = item.Hex(field);
                yield return prefix == 0 ? [(byte)i, .. bytes] : [(byte)i, (byte)(prefix >> 8), (byte)prefix, .. bytes];
            }
        }
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (!input.IsEmpty)
            _ = Decoders[input[0] % Decoders.Length].Decode(input[1..].ToArray());
    }

    private static bool ReadProposal(ReadOnlyMemory<byte> bytes) =>
        Read(bytes, (ref MlsReader r) => Proposal.TryRead(ref r, out _));

    private static bool Read(ReadOnlyMemory<byte> bytes, Reading reading)
    {
        MlsReader reader = new(bytes);
        return reading(ref reader) && reader.AtEnd;
    }
}
