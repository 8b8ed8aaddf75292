using System.Net;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Transports.Names;

namespace QuicProChat.Mesh.Transports.Tests.Names;

public sealed class NameResolverTests : IDisposable
{
    private static readonly IPAddress _address = IPAddress.Parse("127.0.0.7");

    private readonly string _directory = Directory.CreateTempSubdirectory("qpc-names-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_table_of_the_machine_goes_first_whatever_the_case()
    {
        NameResolver names =
            Resolver(1, hosts: "# 10.0.0.1 gate\n10.0.0.2\tother gate.lan GATE # mine\nfe80::1 gate\n300.1.1.1 gate\n");
        Assert.Equal(["10.0.0.2", "fe80::1"], (await names.ResolveAsync("gate", default)).Select(a => a.ToString()));
    }

    [Fact]
    public async Task Localhost_needs_nobody() =>
        Assert.Contains(IPAddress.Loopback, await Resolver(1).ResolveAsync("localhost", default));

    [Fact]
    public async Task A_name_server_is_asked_from_ports_and_with_numbers_that_differ()
    {
        var ids = new HashSet<int>();
        await using var server = new FakeNameServer((q, _) =>
        {
            lock (ids)
                ids.Add(q[0] << 8 | q[1]);
            return [Known(q)];
        });
        NameResolver names = Resolver(server.Port);
        for (int i = 0; i < 8; i++)
            Assert.Equal([_address], await names.ResolveAsync("node.example", default));
        Assert.InRange(ids.Count, 12, 16);
        Assert.InRange(server.Ports.Distinct().Count(), 12, 16);
    }

    [Fact]
    public async Task What_does_not_answer_the_question_is_passed_over()
    {
        await using var server = new FakeNameServer((q, _) =>
        {
            byte[] forged = FakeNameServer.Answer(q, 0, [("node.example", 1, [10, 6, 6, 6])]);
            forged[0] ^= 1;
            return [[], [1, 2, 3], forged, Known(q)];
        });
        Assert.Equal([_address], await Resolver(server.Port).ResolveAsync("node.example", default));
    }

    [Fact]
    public async Task An_answer_that_was_cut_off_is_asked_for_over_TCP()
    {
        await using var server =
            new FakeNameServer((q, tcp) => [tcp ? Known(q) : FakeNameServer.Answer(q, 0x0200, [])]);
        Assert.Equal([_address], await Resolver(server.Port).ResolveAsync("node.example", default));
        Assert.Contains(("node.example", true), server.Asked);
    }

    [Fact]
    public async Task Domains_of_the_search_list_are_tried_first_for_names_without_dots()
    {
        await using var server = new FakeNameServer((q, _) => [Known(q, "gate.lan")]);
        Assert.Equal([_address], await Resolver(server.Port, "search mesh.example lan").ResolveAsync("gate", default));
        Assert.Equal(["gate.mesh.example", "gate.lan"], server.Asked.Select(a => a.Name).Distinct());
    }

    [Fact]
    public async Task A_server_that_says_nothing_costs_its_time_and_the_next_is_asked()
    {
        // Nobody listens at 127.0.0.9.
        await using var server = new FakeNameServer((q, _) => [Known(q)]);
        NameResolver names = Resolver(server.Port, "options timeout:1 attempts:1", ["127.0.0.9", "127.0.0.1"]);
        Assert.Equal([_address], await names.ResolveAsync("node.example", default));
    }

    [Fact]
    public async Task Whoever_waits_learns_why_there_is_no_address()
    {
        await using var server = new FakeNameServer((q, _) => [FakeNameServer.Answer(q, 3, [])]);
        IOException none =
            await Assert.ThrowsAsync<IOException>(() => Resolver(server.Port)
                .ResolveAsync("node.example", default).AsTask());
        Assert.Contains("there is no host node.example", none.Message, StringComparison.Ordinal);

        await using var failing = new FakeNameServer((q, _) => [FakeNameServer.Answer(q, 2, [])]);
        IOException failed = await Assert.ThrowsAsync<IOException>(
            () => Resolver(failing.Port, "options attempts:1").ResolveAsync("node.example", default).AsTask());
        Assert.Contains("no name server answers (127.0.0.1", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_waited_for_when_the_dial_is_given_up()
    {
        await using var server = new FakeNameServer((_, _) => []);
        using var ends = new CancellationTokenSource();
        Task<IPAddress[]> asked = Resolver(server.Port).ResolveAsync("node.example", ends.Token).AsTask();
        while (server.Ports.Count == 0)
            await Task.Delay(10);
        await ends.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("", "127.0.0.1", 1, 2, 2)]
    [InlineData("nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver ::1\nnameserver 4.4.4.4",
        "1.1.1.1 2.2.2.2 ::1", 1, 2, 2)]
    [InlineData("nameserver 010.1\noptions ndots:99 timeout:0 attempts:-1 rotate\n;nameserver 3.3.3.3",
        "127.0.0.1", 15, 1, 2)]
    [InlineData("options ndots:0 timeout:999 attempts:99\nnonsense\nnameserver", "127.0.0.1", 0, 30, 5)]
    public void The_list_of_servers_is_read_within_its_limits(
        string text, string servers, int dots, int seconds, int attempts)
    {
        NameSettings read = NameSettings.Read(text.Split('\n'));
        Assert.Equal(
            (servers, dots, TimeSpan.FromSeconds(seconds), attempts),
            (string.Join(' ', read.Servers), read.Dots, read.Timeout, read.Attempts));
    }

    [Fact]
    public void A_final_dot_makes_a_name_whole()
    {
        NameSettings read = NameSettings.Read(["search lan example.com"]);
        Assert.Equal(["gate"], read.Candidates("gate."));
        Assert.Equal(["gate.lan", "gate.example.com", "gate"], read.Candidates("gate"));
        Assert.Equal(["a.gate", "a.gate.lan", "a.gate.example.com"], read.Candidates("a.gate"));
    }

    private static byte[] Known(byte[] question, string name = "node.example")
    {
        bool isKnown = question.AsSpan(12).StartsWith(FakeNameServer.Name(name)) && question[^3] == 1;
        bool isThere = question.AsSpan(12).StartsWith(FakeNameServer.Name(name));
        return FakeNameServer.Answer(question, isThere ? 0 : 3, isKnown ? [(name, 1, [127, 0, 0, 7])] : []);
    }

    private NameResolver Resolver(int port, string settings = "", string[]? servers = null, string hosts = "")
    {
        string hostsPath = Path.Combine(_directory, "hosts"), settingsPath = Path.Combine(_directory, "resolv.conf");
        File.WriteAllText(hostsPath, hosts);
        File.WriteAllText(settingsPath, string.Concat((servers ?? ["127.0.0.1"]).Select(s => $"nameserver {s}\n"))
            + settings);
        return new NameResolver(hostsPath, settingsPath, RandomSource.System, TimeProvider.System, port);
    }
}
