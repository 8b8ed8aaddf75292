using System.Diagnostics;
using System.Globalization;
using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Fapp.Search;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Simulation.Appointments;

/// <summary>
/// Figures of docs/reference/fapp.md, section 7, that need no network of daemons. Times are of the processor, so that
/// what else the machine does
/// counts less.
/// </summary>
public static class AppointmentSpeed
{
    private const int Practices = 400;
    private const int Slots = 10;
    private const int Records = 20_000;
    private const int Searches = 500;

    /// <summary>Hours of a day that have a publication.</summary>
    public const int HoursPublished = 16;

    /// <summary>What was measured.</summary>
    /// <param name="Checked">Announces checked and read in a second of one processor.</param>
    /// <param name="RecordBytes">The size of each.</param>
    /// <param name="SearchMilliseconds">What a search takes of one processor.</param>
    /// <param name="Found">What it found.</param>
    public sealed record Figures(double Checked, int RecordBytes, double SearchMilliseconds, int Found);

    /// <summary>Measures, and says it in lines.</summary>
    /// <param name="graph">On what graph gossip is measured.</param>
    public static string Measure(string graph)
    {
        Figures figures = MeasureNode();
        double perSecond = GossipPerSecond(graph, Practices, out int nodes, out int missing);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
             records checked and read: {figures.Checked:F0} a second of one processor ({figures.RecordBytes} bytes each)
             search among {Practices} practices with {Slots} slots each: {figures.SearchMilliseconds:F2} ms of one processor, {figures.Found} found
             gossip on {nodes} nodes,
                 {Practices} practices: {perSecond:F0} bytes a second and node while practices publish,
                     {perSecond * HoursPublished / 24:F0} over the day; {missing} missing
             """);
    }

    /// <summary>What a node does with records, and with searches.</summary>
    public static Figures MeasureNode()
    {
        const long unix = 20_787 * FappTime.Day;
        var now = new FappTime(0, unix);
        var store = new RegionStore(new AllVouched(), new TablePlaces());
        store.Follow([new Region(4)]);
        byte[][] records = [.. Enumerable.Range(0, Practices).Select(i => Announce(i, unix))];
        foreach (byte[] record in records)
        {
            if (GossipRecord.TryRead(record, out GossipRecord gossip)
                && FappRecord.TryRead(gossip, out FappRecord read))
                store.Take(read, now, out _);
        }

        double check = Seconds(() =>
        {
            for (int i = 0; i < Records; i++)
            {
                if (!GossipRecord.TryRead(records[i % Practices], out GossipRecord gossip)
                    || !FappRecord.TryRead(gossip, out FappRecord read)
                    || !read.Verify() || SlotAnnounce.TryRead(read.Body) is null)
                    throw new InvalidOperationException("a record is not what was made");
            }
        });
        _ = PostalCode.TryParse("04109", out PostalCode near);
        var filter = new SlotFilter
        {
            Near = near,
            Within = 30,
            Payers = Payers.GKV,
            Phases =
                1 << (int)Phase.Probatorik
        };
        int found = 0;
        double search = Seconds(() =>
        {
            for (int i = 0; i < Searches; i++)
                found = store.Search(filter, now).Count;
        });
        return new Figures(Records / check, records[0].Length, search / Searches * 1000, found);
    }

    /// <summary>An hour of practices in real gossip: each publishes its announce and 16 answers once.</summary>
    /// <param name="graph">File or generator.</param>
    /// <param name="practices">How many there are.</param>
    /// <param name="count">Nodes of the graph.</param>
    /// <param name="missing">Records that some node lacks at the end.</param>
    /// <returns>Bytes a second and node while practices publish.</returns>
    public static double GossipPerSecond(string graph, int practices, out int count, out int missing)
    {
        Topology topology = Topology.Parse(graph, 1);
        var world = new GossipWorld(topology, 1);
        int[] nodes = [.. GossipFigures.LargestPart(topology)];
        world.StartAll();
        var random = new Random(1);
        int announce = Announce(0, 20_787 * FappTime.Day).Length;
        int answers = GossipRecord.SizeOf(FappRecord.Overhead + SlotConfirm.SizeOf(SlotConfirm.MinEntries));
        long before = world.Network.Total.Payload + world.Network.Total.Control;
        for (int i = 0; i < practices; i++)
        {
            int home = nodes[random.Next(nodes.Length)];
            world.Publish(home, announce, hours: FappRecord.Hours);
            world.Publish(home, answers, hours: FappRecord.Hours);
            world.Run(TimeSpan.FromHours(1) / practices);
        }

        double bytes = world.Network.Total.Payload + world.Network.Total.Control - before;
        (count, missing) = (nodes.Length, world.Missing(nodes));
        return bytes / nodes.Length / FappTime.Hour;
    }

    /// <summary>The announce of a practice with ten slots, as a gossip record.</summary>
    /// <param name="number">Which practice.</param>
    /// <param name="unix">The time.</param>
    public static byte[] Announce(int number, long unix)
    {
        byte[] seed = System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(number));
        using LocalIdentity practice = LocalIdentity.FromSeed(seed);
        byte[] key = new byte[X25519.PublicKeySize];
        X25519.PublicKey(seed, key);
        _ = PostalCode.TryParse($"04{100 + number % 300:000}", out PostalCode plz);
        uint first = MinuteTime.OfUnixSeconds(unix + FappTime.Day);
        var announce = new SlotAnnounce
        {
            Name = $"Praxis {number}",
            Contact = "0341 1234567",
            Plz = plz,
            Provider = Provider.Practice,
            Profession = Profession.Psychotherapist,
            Procedures = Procedures.VT,
            Payers = Payers.GKV,
            Ages = AgeGroups.Adults,
            Languages = ["de", "en"],
            RequestKey = key,
            RequestKeyNumber = 1,
            Slots =
            [
                .. Enumerable.Range(1, Slots).Select(s => new Slot(
                    new SlotId((uint)(number * Slots + s)), first + (uint)s * 60, 50, (Phase)(1 + s % 5),
                        Setting.Single, Modality.Praxis, FollowUp.No)),
            ],
        };
        return FappRecord.Create(practice, FappRecordType.Announce, plz.Region, 0, 1, (ushort)(unix / FappTime.Day),
            announce.Encode());
    }

    private static double Seconds(Action run)
    {
        run();
        using var self = Process.GetCurrentProcess();
        TimeSpan before = self.TotalProcessorTime;
        run();
        self.Refresh();
        return Math.Max((self.TotalProcessorTime - before).TotalSeconds, 1e-6);
    }

    private sealed class AllVouched : ILevels
    {
        public bool Take(FappRecordType type, ReadOnlySpan<byte> author, ReadOnlySpan<byte> body) => true;

        public Level Of(ReadOnlySpan<byte> author, ReadOnlySpan<byte> attestation, long? unixSeconds) => Level.List;

        public IReadOnlyList<MeshKey> RivalsOf(ReadOnlySpan<byte> author, long? unixSeconds) => [];
    }
}
