using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;
using QuicProChat.Mesh.Wire;
using static QuicProChat.Mesh.Node.Tests.Fapp.FappNodes;

namespace QuicProChat.Mesh.Node.Tests.Fapp;

/// <summary>
/// A patient whom only a radio reaches, on which there is no room for a region's records: a relay is asked, through a
/// forwarder.
/// </summary>
public sealed class QueryTests : IAsyncLifetime
{
    private readonly TestNode _near = Make("near", FappMode.Relay), _mid = Make("mid", FappMode.Relay), _far =
        Make("far", FappMode.Relay);
    private readonly TestNode _practice = Make("practice", FappMode.Follow);
    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-node-").FullName;
    private readonly LocalIdentity _identity = LocalIdentity.Generate();
    private TestNode _patient;

    public QueryTests() => _patient = MakePatient();

    public async Task InitializeAsync()
    {
        await JoinPatientAsync();
        await TestNode.JoinAsync(_near, _mid);
        await TestNode.JoinAsync(_mid, _far);
        await TestNode.JoinAsync(_far, _practice);
        await _near.HasRouteAsync(_practice);
        await VouchAsync(
            _far, _practice, new() { Name = "Praxis Linde", Plz = "04109", Payer = "GKV", Draw = "0s" },
            _patient, _near, _mid, _far);
    }

    public async Task DisposeAsync()
    {
        foreach (TestNode node in (TestNode[])[_patient, _near, _mid, _far, _practice])
            await node.DisposeAsync();
        _identity.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task What_it_asks_for_comes_signed_and_it_books_though_no_record_crosses_the_radio()
    {
        FappOwnSlotInfo slot = await _practice.AskAsync(Commands.FappSlotAdd, new()
        {
            Start = DateTimeOffset.UtcNow.AddDays(5).ToString("yyyy-MM-ddTHH:mm:ssZ", null),
            Minutes = 50,
            Type = "probatorik",
        });
        await UntilAsync(async () => await HasSlotAsync(_mid, slot.Slot) && await HasSlotAsync(_far, slot.Slot));
        Assert.False(await HasSlotAsync(_patient, slot.Slot));
        // Whoever has the records needs not ask.
        await _mid.RefusalAsync(Commands.FappSearch, new() { Ask = true });

        await AskUntilAsync(Commands.FappSearch, new() { Ask = true }, () => HasSlotAsync(_patient, slot.Slot));
        FappSlotInfo found = (await _patient.AskAsync(Commands.FappSearch, new() { Plz = "04" })).Slots.Single();
        Assert.Equal(("Praxis Linde", "list"), (found.Name, found.Level));
        FappReservationInfo made = await _patient.AskAsync(Commands.FappReserve, new() { Slot = slot.Slot });
        FappRequestInfo? drawn = null;
        await UntilAsync(async () =>
            (drawn = (await _practice.AskAsync(Commands.FappRequests)).FirstOrDefault(r =>
                r.State == "drawn")) is not null);
        await _practice.AskAsync(Commands.FappConfirm, new() { Id = drawn!.Id });
        await AskUntilAsync(Commands.FappReservations, new() { Ask = true }, async () =>
            (await _patient.AskAsync(Commands.FappReservations)).Single(r => r.Id == made.Id).State == "booked");
    }

    [Fact]
    public async Task What_was_asked_for_is_still_there_after_a_restart_vouched_for_and_may_be_reserved()
    {
        FappOwnSlotInfo slot = await _practice.AskAsync(Commands.FappSlotAdd, new()
        {
            Start = DateTimeOffset.UtcNow.AddDays(5).ToString("yyyy-MM-ddTHH:mm:ssZ", null),
            Minutes = 50,
            Type = "langzeit",
        });
        await UntilAsync(async () => await HasSlotAsync(_mid, slot.Slot) && await HasSlotAsync(_far, slot.Slot));
        await AskUntilAsync(Commands.FappSearch, new() { Ask = true }, () => HasSlotAsync(_patient, slot.Slot));
        await _patient.DisposeAsync();
        _patient = MakePatient();

        // Without any link: nothing can have come again.
        FappSearchInfo search = await _patient.AskAsync(Commands.FappSearch, new() { Plz = "04" });
        FappSlotInfo found = Assert.Single(search.Slots);
        Assert.Equal((slot.Slot, "Praxis Linde", "list"), (found.Slot, found.Name, found.Level));
        FappReservationInfo made = await _patient.AskAsync(Commands.FappReserve, new() { Slot = slot.Slot });
        await JoinPatientAsync();
        await UntilAsync(async () =>
            (await _practice.AskAsync(Commands.FappRequests)).Any(r => r.Id == made.Id && r.State == "drawn"));
    }

    private TestNode MakePatient() => Make("patient", FappMode.Follow,
        $"{_near.Address} {_mid.Address} {_far.Address}", (_directory, _identity));

    /// <summary>As over a radio: routes are asked for, and no record of gossip crosses it.</summary>
    private Task JoinPatientAsync() =>
        TestNode.JoinAsync(_patient, _near, pushRoutes: false, passes: static f => !IsRecord((FrameKind)f[0]));

    private static bool IsRecord(FrameKind kind) => kind is FrameKind.GossipRecord or FrameKind.GossipHave;

    private static async Task<bool> HasSlotAsync(TestNode node, string slot) =>
        (await node.AskAsync(Commands.FappSearch, new() { Plz = "04" })).Slots.Any(s => s.Slot == slot);

    /// <summary>
    /// Asks now and then, as a person would: relays have to be found first, and are asked at their own rate.
    /// </summary>
    private async Task AskUntilAsync<TRequest, TResult>(
        CommandSpec<TRequest, TResult> command, TRequest request, Func<Task<bool>> condition)
        where TRequest : class, new()
    {
        using var limit = new CancellationTokenSource(Patience);
        for (int i = 0; !await condition(); i++)
        {
            if (i % 20 == 0)
                await _patient.ReplyAsync(command, request);
            await Task.Delay(100, limit.Token);
        }
    }
}
