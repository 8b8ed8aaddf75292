using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Requests;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Node.Tests.Fapp.FappNodes;

namespace QuicProChat.Mesh.Node.Tests.Fapp;

/// <summary>
/// Every frame between whole nodes during the whole life of a reservation, as links carry it before TLS: what its
/// neighbours have of a
/// patient.
/// </summary>
public sealed class FrameTests : IAsyncLifetime
{
    private const string Note = "Rueckruf bitte abends nach acht";
    private const string Person = "Erika Mustermann";

    private readonly TestNode _patient = Make("patient", FappMode.Follow), _near = Make("near", FappMode.Relay);
    private readonly TestNode _far = Make("far", FappMode.Relay), _practice = Make("practice", FappMode.Follow);
    private readonly List<byte[]> _frames = [];

    public async Task InitializeAsync()
    {
        await TestNode.JoinAsync(_patient, _near, passes: Capture);
        await TestNode.JoinAsync(_near, _far, passes: Capture);
        await TestNode.JoinAsync(_far, _practice, passes: Capture);
        await _patient.HasRouteAsync(_practice);
        await _patient.HasRouteAsync(_far);
        var announced = new FappPracticeSetRequest
        {
            Name = "Praxis Linde",
            Plz = "04109",
            Payer = "GKV",
            Draw = "0s",
            Notes = "on",
            Refusals = "on",
        };
        await VouchAsync(_far, _practice, announced, _patient);
    }

    public async Task DisposeAsync()
    {
        foreach (TestNode node in (TestNode[])[_patient, _near, _far, _practice])
            await node.DisposeAsync();
    }

    [Fact]
    public async Task No_frame_of_a_reservations_life_has_patient_search_or_note_and_all_that_a_patient_sends_has_one_length()
    {
        FappOwnSlotInfo slot = await _practice.AskAsync(Commands.FappSlotAdd, new()
        {
            Start = DateTimeOffset.UtcNow.AddDays(5).ToString("yyyy-MM-ddTHH:mm:ssZ", null),
            Minutes = 50,
            Type = "akut",
        });
        await UntilAsync(async () => (await _patient.AskAsync(Commands.FappSearch, new()
        {
            Plz = "04109",
            Within = 25,
            Payer = "GKV",
            Type = "akut",
            Language = "",
        })).Slots.Any(s => s.Slot == slot.Slot));
        int before = Count();
        FappReservationInfo made = await _patient.AskAsync(
            Commands.FappReserve, new()
            {
                Slot = slot.Slot,
                Note = Note,
                PlaceFor = Person,
                Born = "1964-08-12",
                AskFirst = true
            });
        FappRequestInfo drawn = await RequestAsync(_practice, "drawn");
        Assert.Equal(Note, drawn.Note);
        await _practice.AskAsync(Commands.FappConfirm, new() { Id = drawn.Id });
        await StateAsync(made.Id, "offered", "until");
        await _patient.AskAsync(Commands.FappAcknowledge, new() { Id = made.Id });
        await StateAsync(made.Id, "booked");
        await _patient.AskAsync(Commands.FappCancel, new() { Id = made.Id });
        await RequestAsync(_practice, "cancelled");

        byte[][] frames = Taken();
        Assert.True(frames.Length > before + 6);
        byte[][] secrets =
        [
            Encoding.UTF8.GetBytes(Note), Encoding.UTF8.GetBytes(Person), Encoding.UTF8.GetBytes("1964-08-12"),
                Encoding.UTF8.GetBytes(made.Code),
            Convert.FromHexString(made.Id),
        ];
        foreach (byte[] secret in secrets)
            Assert.All(frames, f => Assert.False(f.AsSpan().IndexOf(secret) >= 0, Convert.ToHexString(secret)));
        // Key and address are in its announce, as every node's are; in nothing that has to do with appointments.
        byte[] address = new byte[NodeAddress.Size];
        _patient.Identity.Address.Write(address);
        byte[][] own = [.. frames.Where(static f => EnvelopeOf(f) is not null
            || (FrameKind)f[0] == FrameKind.GossipRecord)];
        foreach (byte[] secret in (byte[][])[address, _patient.Identity.PublicKey.ToArray(),
            _patient.Identity.X25519PublicKey.ToArray()])
            Assert.All(own, f => Assert.False(f.AsSpan().IndexOf(secret) >= 0));

        // Request, acknowledgement, cancellation: at the patient's side of the forwarder all the same, and behind it
        // too.
        int[] lengths = [.. frames.Select(EnvelopeOf).OfType<int>().Distinct().Order()];
        Assert.Equal([ForwardedRequest.PassedOnSize, ForwardedRequest.Size], lengths);
        byte[] dummy = ForwardedRequest.MakeDummy(_far.Identity.PublicKey.Span, RandomSource.System)!;
        Assert.Equal(ForwardedRequest.Size, dummy.Length);
    }

    /// <summary>The payload's length of a frame with an envelope of the appointments; null for all others.</summary>
    private static int? EnvelopeOf(byte[] frame)
    {
        if ((FrameKind)frame[0] != FrameKind.Envelope || !Envelope.TryRead(frame.AsSpan(1), out Envelope envelope)
            || envelope.Header.Kind != EnvelopeKind.Fapp)
            return null;
        return envelope.Payload.Length;
    }

    private bool Capture(byte[] frame)
    {
        lock (_frames)
            _frames.Add(frame);
        return true;
    }

    private int Count()
    {
        lock (_frames)
            return _frames.Count;
    }

    private byte[][] Taken()
    {
        lock (_frames)
            return [.. _frames];
    }

    private Task StateAsync(string id, string state, string? with = null) => UntilAsync(async () =>
        (await _patient.AskAsync(Commands.FappReservations)).Single(r => r.Id == id) is var r && r.State == state
            && (with is null || r.Until is not null));
}
