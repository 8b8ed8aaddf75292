using System.Globalization;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Queries;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Fapp.Tests;

/// <summary>The table of sizes in docs/reference/fapp.md, section 2.3, is what the program makes.</summary>
public sealed class SizeTests
{
    [Fact]
    public void The_pages_table_of_bytes_is_what_the_program_makes()
    {
        SlotAnnounce announce = Bodies.Announce with
        {
            Slots = [.. Enumerable.Range(1, 10).Select(static i => new Slot(
                new SlotId(0x80000000 + (uint)i), 3_628_860 + (uint)i * 60, 50, Phase.Probatorik, Setting.Single,
                    Modality.Praxis, FollowUp.No))],
        };
        var vouch = new Claim { Subject = new MeshKey(1, 2), From = 20_787, Until = 21_151 };
        (string Message, int[] Bytes)[] rows =
        [
            ("around the body of a record: gossip header, head, signature", [Record(0)]),
            ("announce with ten slots, name, telephone number, two languages", [Record(announce.Encode().Length)]),
            ("answers: 16, 32 or 64 entries", [.. ((int[])[16, 32, 64]).Select(static e =>
                Record(SlotConfirm.SizeOf(e)))]),
            ("attestation or revocation by an organisation", [Record(vouch.Encode().Length)]),
            ("request, acknowledgement, cancellation: sealed", [SealedRequest.Size]),
            ("the envelope to a forwarder, dummies included", [Envelope.SizeOf(ForwardedRequest.Size)]),
            ("the envelope from there to the practice", [Envelope.SizeOf(ForwardedRequest.PassedOnSize)]),
            ("query: the envelopes to the forwarder, and to the relay",
                [Envelope.SizeOf(QueryRoute.AskSize), Envelope.SizeOf(QueryRoute.QuerySize)]),
            ("response: the envelope to the forwarder", Answers(1 + sizeof(ulong))),
            ("response: the envelope to whoever asked", Answers(1)),
        ];
        string page = File.ReadAllText(Repository.File("docs", "reference", "fapp.md"));
        foreach ((string message, int[] bytes) in rows)
        {
            IEnumerable<string> numbers = bytes.Select(static b => b.ToString("N0", CultureInfo.InvariantCulture));
            string row = $"| {message} | {string.Join(", ", numbers)} |";
            Assert.True(page.Contains(row, StringComparison.Ordinal), row);
        }
    }

    private static int Record(int body) => GossipRecord.SizeOf(FappRecord.Overhead + body);

    private static int[] Answers(int head) =>
        [.. ((int[])[1024, 2048, 4096]).Select(s => Envelope.SizeOf(head + SealedQuery.AnswerOverhead + s))];
}
