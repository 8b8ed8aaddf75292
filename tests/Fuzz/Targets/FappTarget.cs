using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Calendar;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Patient;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Queries;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Fapp.Tests;

namespace QuicProChat.Mesh.Fuzz;

/// <summary>
/// Appointments: bodies of records, requests and queries, claims of cards, calendars, the operator's files, and rows of
/// the store. The first byte says which.
/// </summary>
internal static class FappTarget
{
    internal static readonly FuzzTarget Target =
        new("fapp", "appointments: records, requests, queries, cards, calendars", Seeds, Run);

    // Ten years of a calendar are as much as an input can make work of.
    private static readonly CalendarChoice _choice = new()
    {
        From = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Until = new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private static readonly Func<byte[], byte[]?>[] _bodies = [.. Decoders.All.Values.Select(d => d.Recode)];

    private static IEnumerable<byte[]> Seeds()
    {
        byte number = 0;
        foreach ((byte[] example, _) in Decoders.All.Values)
            yield return [number++, .. example];
        byte[] certificate = Certificate();
        yield return [number++, .. new Claim
        {
            Subject = MeshKey.Read(Bodies.RequestKey),
            From = 20_000,
            Until = 20_300,
            Certificate = certificate,
            SignerInfo = new byte[40],
        }.Encode()];
        yield return [number++, .. certificate];
        yield return [number++, .. Encoding.UTF8.GetBytes(
            """
            BEGIN:VCALENDAR
            VERSION:2.0
            BEGIN:VEVENT
            UID:a
            DTSTART;TZID=Europe/Berlin:20261002T100000
            DURATION:PT50M
            RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,MO;UNTIL=20270301T000000Z
            EXDATE;TZID=Europe/Berlin:20261012T100000
            TRANSP:TRANSPARENT
            END:VEVENT
            END:VCALENDAR
            """.ReplaceLineEndings("\r\n"))];
        yield return [number++, .. Encoding.UTF8.GetBytes(
            $"key {Convert.ToHexString(Bodies.RequestKey)}\nauthority {new string('a', 64)} 2026-01-31 2026-02-28\n")];
        yield return [number++, .. QueryRoute.ToRelay(new Identity.NodeAddress(1, 2), 7, new byte[SealedQuery.Size])];
        yield return [number, .. new Watch(3, new SlotFilter { Prefix = "04" }).Encode()];
    }

    private static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        int which = input[0];
        byte[] body = input[1..].ToArray();
        if (which < _bodies.Length)
        {
            if (_bodies[which](body) is { } written)
                Assert.Equal(written, _bodies[which](written));
            return;
        }

        switch (which - _bodies.Length)
        {
            case 0:
                if (Claim.TryRead(body) is { } claim)
                    Assert.Equal(claim.Encode(), Claim.TryRead(claim.Encode())!.Encode());
                break;
            case 1:
                _ = CardCertificate.TryRead(body);
                _ = AttestationImport.Read(
                    body, StatementKind.Attest, MeshKey.Read(Bodies.RequestKey), 20_100, TrustAnchors.None,
                    BlockList.Empty, out string? fault);
                Assert.NotNull(fault);
                break;
            case 2:
                CalendarReading reading = CalendarImport.Read(body, _choice);
                Assert.InRange(reading.Free.Count, 0, CalendarImport.MaxOccurrences);
                Assert.True(reading.Faults.Count == 0 || reading.Free.Count == 0);
                break;
            case 3:
                string text = Encoding.UTF8.GetString(body);
                if (BlockList.TryLoad(text, out BlockList? blocked, out _))
                    Assert.InRange(blocked.Count, 0, BlockList.MaxEntries);
                _ = TrustAnchors.TryLoad(text, out _, out _);
                break;
            case 4:
                _ = QueryRoute.TryReadQuery(body, out _, out _, out _);
                _ = QueryRoute.TryReadAnswer(body, out _, out _);
                _ = FappRecordOf(body);
                break;
            default:
                _ = Watch.TryDecode(body);
                _ = Reservation.TryDecode(body);
                _ = DeskHead.TryDecode(body);
                _ = DeskSlot.TryDecode(body);
                _ = DeskRequest.TryDecode(body);
                _ = OwnQuery.TryDecode(body);
                _ = OwnClaim.TryDecode(body);
                _ = NodeItem.TryDecode(body);
                _ = FoundRecord.TryDecode(body);
                break;
        }
    }

    private static bool FappRecordOf(byte[] body) => Wire.GossipRecord.TryRead(body, out Wire.GossipRecord gossip)
        && Fapp.Records.FappRecord.TryRead(gossip, out _);

    private static byte[] Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Dr. Linde", key, HashAlgorithmName.SHA256);
        using X509Certificate2 made = request.CreateSelfSigned(_choice.From, _choice.Until);
        return made.RawData;
    }
}
