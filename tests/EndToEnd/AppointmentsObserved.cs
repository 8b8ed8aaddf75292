using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.EndToEnd.Harness;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.EndToEnd.Harness.FappScene;

namespace QuicProChat.Mesh.EndToEnd;

/// <summary>
/// Who sees what of a patient, with real daemons: every packet on the cables, what the relays have on their disks and
/// in their logs, and
/// everything that the one forwarder is told, for that is the test itself.
/// </summary>
public class AppointmentsObserved
{
    private const string Note = "Rueckruf bitte abends nach acht";
    private const string Person = "Erika Mustermann";
    private const string Born = "1964-08-12";
    private const int EnvelopeSize = EnvelopeHeader.Size + ForwardedRequest.Size;

    [Fact]
    public async Task No_cable_no_relay_and_no_forwarder_has_patient_search_or_note_and_all_that_reaches_the_forwarder_has_one_length()
    {
        await using var scene = new FappScene { Cover = "3s" };
        (NodeProcess patient, NodeProcess near, NodeProcess far, NodeProcess practice) =
            (scene.Patient, scene.Near, scene.Far, scene.Practice);
        using LocalIdentity identity = LocalIdentity.Generate();
        string machine = scene.Net.Machine("spy");
        Cable cable = scene.Net.Connect(machine, near.Machine);
        // All cables end at one of these.
        WireTap[] taps = [scene.Net.Own(new WireTap(near.Machine)), scene.Net.Own(new WireTap(far.Machine))];
        // Near is the patient's neighbour and far forwards nothing: what the patient sends goes to the spy.
        await scene.StartAsync("follow", ["--draw", "0s", "--refusals", "on"], patient);
        await using SpyForwarder spy = await SpyForwarder.StartAsync(machine, cable.AddressB, identity);
        string slot = scene.Offer(5, "akut");
        string[] query = ["--plz", "04109", "--within", "25", "--payer", "GKV", "--type", "akut"];
        await EventuallyAsync("the slot at the patient", () => Slots(patient, query).Contains(slot));
        await EventuallyAsync("the spy in reach", () => patient.Ctl(Commands.FappStatus).Forwarders == 1);

        FappReservationInfo made = patient.Ctl(
            Commands.FappReserve, slot, "--note", Note, "--place-for", Person, "--born", Born,
            "--ask-first");
        string id = made.Id, code = made.Code;
        await EventuallyAsync("drawn", () => scene.Request("drawn") is not null);
        Assert.Equal((id, code, Note),
            (scene.Request("drawn")!.Id, scene.Request("drawn")!.Code, scene.Request("drawn")!.Note));
        Done(practice, "fapp", "confirm", id);
        await EventuallyAsync("offered", () => Reservation(patient, id).Until is not null);
        Done(patient, "fapp", "acknowledge", id);
        await EventuallyAsync("booked", () => StateOf(patient, id) == "booked");
        Done(patient, "fapp", "cancel", id);
        await EventuallyAsync("cancelled", () => scene.Request("cancelled") is not null);
        await EventuallyAsync("dummies", () => spy.Letters.Count(static l => l.Request is null) >= 3);

        // The forwarder: where it goes, sealed, and nothing that differs.
        SpyForwarder.Letter[] letters = spy.Letters;
        Assert.All(letters, static l => Assert.Equal(EnvelopeSize, l.Frame.Length));
        SpyForwarder.Letter[] asked = [.. letters.Where(static l => l.Request is not null)];
        Assert.True(asked.Length >= 3, $"{asked.Length} of {letters.Length}");
        Assert.All(asked,
            l => Assert.Equal((practice.Address, ForwardedRequest.PassedOnSize), (l.To.ToString(), l.Request!.Length)));
        string patientKey = (await patient.AskAsync(Commands.Identity)).PublicKey;
        byte[][] who = [.. Texts(patient.Address, patientKey), Convert.FromHexString(patientKey),
            Bytes(patient.Address)];
        byte[][] what = [.. Texts(Note, Person, Born, code, id), Convert.FromHexString(id)];
        byte[][] inside = [.. letters.Select(static l => l.Request ?? []), .. letters.Select(static l => l.Frame)];
        AssertAbsent(what, spy.Frames, "a frame to the forwarder");
        AssertAbsent([.. who, .. what], inside, "what the forwarder opened");

        // The cables: TLS, of which only the beginning can be read.
        byte[][] streams = [.. taps.SelectMany(static t => t.Streams())];
        Assert.Contains(streams, static s => s.AsSpan().IndexOf("qpc-mesh/1"u8) >= 0);
        // Both directions of each of the four cables, at least.
        Assert.True(streams.Count(static s => s.Length > 1000)
            >= 8, string.Join(' ', streams.Select(static s => s.Length)));
        AssertAbsent([.. who, .. what, .. Texts("Praxis Linde", "04109")], streams, "a cable");

        // The relays' disks, and what they logged. Every node's announce is on every disk, and a neighbour's address in
        // a log.
        foreach (NodeProcess relay in (NodeProcess[])[near, far])
        {
            await relay.KillAsync();
            byte[][] files = [.. Directory.EnumerateFiles(relay.DataDirectory, "*", SearchOption.AllDirectories)
                .Where(static f => Path.GetExtension(f) != ".sock").Select(File.ReadAllBytes)];
            Assert.Contains(files, static f => f.AsSpan().StartsWith("SQLite format 3"u8));
            AssertAbsent(what, files, $"{relay.Name}'s disk");
            AssertAbsent([.. what, .. Texts("04109", "GKV")], [Encoding.UTF8.GetBytes(relay.Log)],
                $"{relay.Name}'s log");
        }
    }

    private static void AssertAbsent(byte[][] secrets, byte[][] places, string where)
    {
        foreach (byte[] secret in secrets)
        {
            Assert.All(places, p => Assert.True(
                p.AsSpan().IndexOf(secret) < 0,
                $"{where} has {Encoding.UTF8.GetString(secret)} ({Convert.ToHexString(secret)})"));
        }
    }

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static byte[] Bytes(string address)
    {
        byte[] bytes = new byte[NodeAddress.Size];
        if (!NodeAddress.TryParse(address, out NodeAddress parsed, out _))
            throw new ArgumentException(address, nameof(address));
        parsed.Write(bytes);
        return bytes;
    }
}
