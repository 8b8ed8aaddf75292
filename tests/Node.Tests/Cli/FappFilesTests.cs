using System.Globalization;
using System.Text;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Calendar;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Fapp.Tests.Attestation;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Cli;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>ctl fapp, from files to what a node keeps and back.</summary>
public sealed class FappFilesTests : IDisposable
{
    private static readonly DateTimeOffset Morning =
        new(DateTimeOffset.UtcNow.UtcDateTime.Date.AddDays(8).AddHours(8), TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-fapp-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Free_times_of_a_calendar_become_slots_and_what_it_lost_is_withdrawn_only_if_that_is_asked_for()
    {
        await using var node = new TestNode("n", configure: c => c.Fapp = FappMode.Follow);
        Assert.Equal(0, await RunAsync(node, "practice", "set", "--name", "Praxis Linde", "--plz", "04109"));
        Assert.Equal(0, await RunAsync(node, "practice", "set", "--payer", "GKV", "--payer", "PKV,SEL",
            "--procedure", "VT"));
        FappPracticeInfo set = await node.AskAsync(Commands.FappPracticeShow, new());
        Assert.Equal(["GKV", "PKV", "SEL"], set.Payers);
        Assert.Equal(("VT", "Praxis Linde"), (set.Procedures.Single(), set.Name));
        string first = Calendar(Event(0, "TRANSPARENT"), Event(1, "TRANSPARENT"), Event(2, "TRANSPARENT"),
            Event(2, "OPAQUE"));
        Assert.Equal(0, await RunAsync(node, "calendar", "import", first, "--type", "sprechstunde"));
        Assert.Equal([Morning, Morning.AddHours(1)], await FreeAsync(node));
        Assert.Equal(0, await RunAsync(node, "calendar", "import", first, "--type", "sprechstunde"));
        Assert.Equal(2, (await FreeAsync(node)).Length);

        string second = Calendar(Event(1, "TRANSPARENT"), Event(4, "TRANSPARENT"));
        Assert.Equal(0, await RunAsync(node, "calendar", "import", second, "--type", "akut"));
        Assert.Equal(3, (await FreeAsync(node)).Length);
        Assert.Equal(0, await RunAsync(node, "calendar", "import", second, "--type", "akut", "--withdraw"));
        Assert.Equal([Morning.AddHours(1), Morning.AddHours(4)], await FreeAsync(node));

        FappOwnSlotInfo[] free = [.. (await node.AskAsync(Commands.FappSlotList, new())).Where(s => s.State == "free")];
        Assert.All(free, s => Assert.Equal(s.Start, s.Until));

        string exported = Path.Combine(_directory, "out.ics");
        Assert.Equal(0, await RunAsync(node, "calendar", "export", exported));
        var choice = new CalendarChoice { From = Morning.AddDays(-1), Until = Morning.AddDays(1) };
        CalendarReading read = CalendarImport.Read(await File.ReadAllBytesAsync(exported), choice);
        Assert.Equal([Morning.AddHours(1), Morning.AddHours(4)], read.Free.Select(f => f.Start));
        string text = await File.ReadAllTextAsync(exported);
        Assert.DoesNotContain("Erika", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_calendar_that_is_not_understood_changes_nothing()
    {
        await using var node = new TestNode("n", configure: c => c.Fapp = FappMode.Follow);
        Assert.Equal(0, await RunAsync(node, "practice", "set", "--name", "Praxis Linde", "--plz", "04109"));
        string calendar = Calendar(Event(0, "TRANSPARENT"), Event(1, "OPAQUE\nRRULE:FREQ=MONTHLY"));
        Assert.Equal(1, await RunAsync(node, "calendar", "import", calendar, "--type", "sprechstunde"));
        Assert.Empty(await FreeAsync(node));
    }

    [Fact]
    public async Task An_organisation_is_trusted_until_that_is_taken_back_and_after_a_restart()
    {
        const string organisation = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
        LocalIdentity identity = LocalIdentity.Generate();
        await using (var node =
            new TestNode("n", lives: (_directory, identity), configure: c => c.Fapp = FappMode.Follow))
        {
            Assert.Equal(0, await RunAsync(node, "trust", organisation));
            Assert.Equal([organisation], (await node.AskAsync(Commands.FappTrust, new())).Organisations);
        }

        await using (var node =
            new TestNode("n", lives: (_directory, identity), configure: c => c.Fapp = FappMode.Follow))
        {
            Assert.Equal([organisation], (await node.AskAsync(Commands.FappTrust, new())).Organisations);
            Assert.Equal(0, await RunAsync(node, "trust", organisation, "--remove"));
            Assert.Empty((await node.AskAsync(Commands.FappTrust, new())).Organisations);
            Assert.Equal(2, await RunAsync(node, "trust", new string('0', 64)));
        }
    }

    [Fact]
    public async Task A_card_that_speaks_for_another_key_too_is_told_to_the_practice_until_the_card_takes_that_key_back()
    {
        using var authority = new TestAuthority();
        using TestCard card = authority.Professional();
        string anchors = Path.Combine(_directory, "anchors.pem");
        await File.WriteAllTextAsync(anchors, authority.Pem);
        await using TestNode practice = Follower("practice", anchors), thief = Follower("thief", anchors);
        using var listener = new EventReader(practice);
        foreach (TestNode node in (TestNode[])[practice, thief])
        {
            Assert.Equal(0, await RunAsync(node, "practice", "set", "--name", "Praxis Linde", "--plz", "04109"));
            Assert.Equal(0, await AttestAsync(node, card));
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        // The next announce names the card.
        while ((await practice.AskAsync(Commands.FappPracticeShow, new())).Level != "card")
            await Task.Delay(50, limit.Token);
        Assert.Empty((await practice.AskAsync(Commands.FappPracticeShow, new())).Rivals);
        await TestNode.JoinAsync(practice, thief);
        FappRivalEvent told = await listener.UntilAsync(Events.FappRival).WaitAsync(limit.Token);
        string theirs = (await thief.AskAsync(Commands.Identity)).PublicKey;
        Assert.Equal((theirs, thief.Address), (told.Key, told.Practice));
        FappPracticeInfo contested = await practice.AskAsync(Commands.FappPracticeShow, new());
        Assert.Equal([theirs], contested.Rivals);
        Assert.Equal("contested", contested.Level);
        Assert.Equal(0, await AttestAsync(practice, card, theirs));
        while ((await practice.AskAsync(Commands.FappPracticeShow, new())).Rivals.Count > 0)
            await Task.Delay(50, limit.Token);
    }

    private static TestNode Follower(string name, string anchors) => new(name, configure: c =>
    {
        c.Fapp = FappMode.Follow;
        c.FappRegions = ["04"];
        c.FappTrustsClock = true;
        c.FappAnchorsFile = anchors;
        c.FappPublish = TimeSpan.FromSeconds(1);
    });

    private async Task<int> AttestAsync(TestNode node, TestCard card, string? revoke = null)
    {
        string statement = (await node.AskAsync(Commands.FappAttestRequest, new() { Revoke = revoke })).Text;
        string file = Path.Combine(_directory, "signed.p7s");
        await File.WriteAllBytesAsync(file, card.Sign(Encoding.ASCII.GetBytes(statement), detached: true));
        return await RunAsync(node, revoke is null ? ["attest", "import", file]
            : ["attest", "import", file, "--revoke", revoke]);
    }

    private static async Task<int> RunAsync(TestNode node, params string[] words) =>
        await CommandLine.RunAsync(["ctl", "--control", node.ControlPath, "fapp", .. words]);

    private static async Task<DateTimeOffset[]> FreeAsync(TestNode node) =>
        [.. (await node.AskAsync(Commands.FappSlotList, new())).Where(s => s.State == "free")
            .Select(s => s.Start).Order()];

    private string Calendar(params string[] events)
    {
        string path = Path.Combine(_directory, "in.ics");
        File.WriteAllText(path, $"BEGIN:VCALENDAR\nVERSION:2.0\n{string.Concat(events)}END:VCALENDAR\n", Encoding.UTF8);
        return path;
    }

    private static string Event(int hour, string transparency)
    {
        string start = Morning.AddHours(hour).ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        return $"BEGIN:VEVENT\nDTSTART:{start}\nDURATION:PT50M\nSUMMARY:Erika "
            + $"Musterfrau\nTRANSP:{transparency}\nEND:VEVENT\n";
    }
}
