using QuicProChat.Mesh.Fapp;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Simulation.Appointments;
using QuicProChat.Mesh.Store;
using QuicProChat.Mesh.Wire;

namespace QuicProChat.Mesh.Bench;

/// <summary>
/// A week of a node's gossip on the disk: each practice publishes announce and answers sixteen times a day, and its
/// card's attestation
/// once. Of what is replaced the id is remembered, of as many as gossip remembers.
/// </summary>
internal static class DiskWeek
{
    private const int Days = 7;

    /// <summary>GossipOptions.MaxRemembered.</summary>
    private const int MostRemembered = 10_000;

    /// <summary>About what a card's certificate and signature have.</summary>
    private const int AttestationBody = 1_500;

    internal static (long Bytes, int Records, int Ids) Measure(string directory, int practices)
    {
        const long unix = 20_787 * FappTime.Day;
        Directory.CreateDirectory(directory);
        var random = new Random(1);
        byte[] key = new byte[32];
        random.NextBytes(key);
        byte[][] announces = [.. Enumerable.Range(0, practices).Select(static i => AppointmentSpeed.Announce(i, unix))];
        int answers = GossipRecord.SizeOf(FappRecord.Overhead + SlotConfirm.SizeOf(SlotConfirm.MinEntries));
        int attestation = GossipRecord.SizeOf(FappRecord.Overhead + AttestationBody);
        var there = new Dictionary<(int Practice, int Kind), GossipId>();
        var remembered = new Queue<GossipId>();
        using (MeshStore store = MeshStore.Open(directory, key, new StoreOptions(), TimeProvider.System))
        {
            for (int publication = 0; publication < Days * AppointmentSpeed.HoursPublished; publication++)
            {
                for (int practice = 0; practice < practices; practice++)
                {
                    store.Begin();
                    Put(store, (practice, 0), announces[practice].Length);
                    Put(store, (practice, 1), answers);
                    if (publication % AppointmentSpeed.HoursPublished == 0)
                        Put(store, (practice, 2), attestation);
                    store.Commit();
                }
            }
        }

        long bytes = Directory.EnumerateFiles(directory).Sum(static f => new FileInfo(f).Length);
        return (bytes, there.Count, remembered.Count);

        void Put(MeshStore store, (int, int) place, int size)
        {
            byte[] record = new byte[size];
            random.NextBytes(record);
            GossipId id = GossipId.Of(record);
            store.PutGossip(
                id, new GossipRow(TimeSpan.Zero, TimeSpan.FromHours(FappRecord.Hours), 0, IsChosen: false,
                    IsMine: true), record);
            if (there.TryGetValue(place, out GossipId before))
            {
                store.PutGossip(
                    before, new GossipRow(TimeSpan.Zero, TimeSpan.Zero, 0, IsChosen: false, IsMine: true), []);
                remembered.Enqueue(before);
            }

            there[place] = id;
            if (remembered.Count > MostRemembered)
                store.DeleteGossip(remembered.Dequeue());
        }
    }
}
