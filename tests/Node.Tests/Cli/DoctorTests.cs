using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>ctl doctor and ctl export: what is made of what the machine and the daemon say.</summary>
public sealed class DoctorTests : IDisposable
{
    private const string Healthy = """
        {"address":"qpc1me","name":"attic","version":"0.1.0","uptimeSeconds":90061,"listen":["tcp://[::]:4711"],"peers":2,"routes":7,
         "queued":0,"memoryBytes":1,"quicAvailable":true,"dialling":[],"waiting":[],"warnings":[]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("qpc-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_healthy_node_has_no_problem_and_every_check_is_named()
    {
        Finding[] findings = [.. Doctor.OfStatus(Commands.Status.Read(Parse(Healthy)))];
        Assert.All(findings, f => Assert.Equal(Severity.Fine, f.Severity));
        Assert.Equal(["daemon", "ports", "neighbours", "quic", "duplicates"], findings.Select(f => f.Check));
        Assert.Contains("1.01:01:01", findings[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"listen\":[\"tcp://[::]:4711\"]", "\"listen\":[]", "ports", "listens nowhere and dials nobody")]
    [InlineData("\"waiting\":[]", "\"waiting\":[\"tcp://10.1.2.3:4711 (no interface has this address)\"]", "ports",
        "10.1.2.3")]
    [InlineData("\"peers\":2", "\"peers\":0", "neighbours", "no neighbour")]
    [InlineData("\"warnings\":[]", "\"warnings\":[\"x says that two nodes run with this node's key\"]", "duplicates",
        "two nodes run with this node's key")]
    public void What_does_not_work_is_a_problem_with_advice(string was, string becomes, string check, string text)
    {
        Assert.Contains(was, Healthy, StringComparison.Ordinal);
        Finding problem =
            Assert.Single(Doctor.OfStatus(
                Commands.Status.Read(Parse(Healthy.Replace(was, becomes, StringComparison.Ordinal)))), f => f.Severity
                    == Severity.Problem);
        Assert.Equal(check, problem.Check);
        Assert.Contains(text, problem.Text, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Advice);
    }

    [Fact]
    public void A_folder_for_fetched_files_that_is_not_there_is_a_note_and_that_of_another_user_a_problem()
    {
        Assert.Empty(Doctor.OfDownloads([new SettingInfo("downloads", "", "", false)], _folder));
        Assert.Equal(Severity.Note, Downloads(Path.Combine(_folder, "none")).Severity);
        Assert.Equal(Severity.Fine, Downloads(_folder).Severity);
        // Root's, and nobody else writes there.
        Finding foreign = Downloads("/usr", beside: "/proc/self");
        Assert.Equal(Environment.IsPrivilegedProcess ? Severity.Fine : Severity.Problem, foreign.Severity);
        Assert.Equal(Severity.Fine, Downloads("/tmp", beside: "/nowhere").Severity);
    }

    private Finding Downloads(string folder, string? beside = null) =>
        Assert.Single(Doctor.OfDownloads([new SettingInfo("downloads", folder, "", false)], beside ?? _folder));

    [Theory]
    [InlineData("off", true, null)]
    [InlineData("follow", true, Severity.Fine)]
    [InlineData("relay", false, Severity.Problem)]
    public void Appointments_without_a_clock_are_a_problem_where_they_are_on(
        string mode, bool hasClock, object? severity)
    {
        FappStatusInfo status = new(mode, ["04", "10"], 3, 60, hasClock, 0, 0, 0, 0, 0, 0);
        Assert.Equal(severity, Doctor.OfAppointments(status).SingleOrDefault()?.Severity);
    }

    [Fact]
    public void A_node_that_is_asked_at_its_socket_has_its_key_beside_it()
    {
        string socket = Path.Combine(_folder, "control.sock");
        Assert.Null(KeyPlace.BesideSocket(socket));
        File.WriteAllText(Path.Combine(_folder, "identity.key"), "");
        Assert.Equal(_folder, KeyPlace.BesideSocket(socket));
    }

    [Fact]
    public void Without_libmsquic_there_is_a_note_and_no_problem()
    {
        Finding quic = Doctor.OfStatus(
            Commands.Status.Read(
                Parse(Healthy.Replace("\"quicAvailable\":true", "\"quicAvailable\":false", StringComparison.Ordinal))))
                    .Single(f => f.Check == "quic");
        Assert.Equal(Severity.Note, quic.Severity);
    }

    [Theory]
    [InlineData("online", Severity.Fine)]
    [InlineData("closed", Severity.Problem)]
    [InlineData("starting", Severity.Problem)]
    [InlineData("lost", Severity.Problem)]
    public void A_radio_that_is_not_on_line_is_a_problem(string state, object severity)
    {
        Finding radio = Assert.Single(
            Doctor.OfRadios(
                Commands.Radio.Read(
                    Parse($"[{{\"device\":\"/dev/ttyUSB0\",\"state\":\"{state}\",\"why\":\"it is so\"}}]"))));
        Assert.Equal((Severity)severity, radio.Severity);
        Assert.Contains("/dev/ttyUSB0", radio.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_was_never_set_a_missing_key_and_an_open_one_are_problems()
    {
        Assert.Equal(Severity.Problem, Doctor.OfClock(DateTimeOffset.UnixEpoch).Severity);
        Assert.Equal(Severity.Fine, Doctor.OfClock(new DateTimeOffset(2026, 11, 29, 0, 0, 0, TimeSpan.Zero)).Severity);
        string key = Path.Combine(_folder, "identity.key");
        Assert.Equal(Severity.Problem, Doctor.OfKey(key).Severity);
        File.WriteAllText(key, "");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("open to other users", Doctor.OfKey(key).Text, StringComparison.Ordinal);
        Assert.Equal(Severity.Note, Doctor.OfDisk(Path.Combine(_folder, "none")).Severity);
        Assert.Equal(Severity.Fine, Doctor.OfDisk(_folder).Severity);
    }

    [Fact]
    public void Json_and_text_say_the_same()
    {
        Finding[] findings = [new("disk", Severity.Problem, "full", "make room"), new("quic", Severity.Note, "none")];
        JsonElement json = Parse(DoctorCommand.ToJson(findings));
        Assert.Equal(["problem", "note"], json.EnumerateArray().Select(f => f.GetProperty("severity").GetString()!));
        Assert.Equal("make room", json[0].GetProperty("advice").GetString());
        var text = new StringWriter();
        DoctorCommand.Write(text, findings);
        Assert.Contains("problem  disk", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("make room", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_map_has_nodes_and_links_and_a_position_only_if_one_was_given()
    {
        IReadOnlyList<PathInfo> routes =
            [new("qpc1b", "", "qpc1b", null, null), new("qpc1c", "cellar", null, null, null)];
        IReadOnlyList<PeerInfo> peers = [new("qpc1b", "", "lora", "", null, DateTimeOffset.UnixEpoch, 0, 0)];

        JsonElement map = Export(routes, peers, null);
        Assert.DoesNotContain(map.GetProperty("nodes").EnumerateArray(), n => n.TryGetProperty("location", out _));
        Assert.Equal(["attic", "qpc1b", "cellar"], map.GetProperty("nodes").EnumerateArray()
            .Select(n => n.GetProperty("hostname").GetString()!));
        Assert.Equal([true, true, false], map.GetProperty("nodes").EnumerateArray()
            .Select(n => n.GetProperty("is_online").GetBoolean()));
        JsonElement link = Assert.Single(map.GetProperty("links").EnumerateArray());
        Assert.Equal(("qpc1me", "qpc1b"),
            (link.GetProperty("source").GetString(), link.GetProperty("target").GetString()));
        JsonElement placed = Export(routes, peers, (50.5, 12.25)).GetProperty("nodes")[0].GetProperty("location");
        Assert.Equal((50.5, 12.25),
            (placed.GetProperty("latitude").GetDouble(), placed.GetProperty("longitude").GetDouble()));
    }

    private static JsonElement Export(
        IReadOnlyList<PathInfo> routes, IReadOnlyList<PeerInfo> peers, (double, double)? position)
    {
        using var bytes = new MemoryStream();
        ExportCommand.Write(bytes, Commands.Status.Read(Parse(Healthy)), routes, peers, position,
            DateTimeOffset.UnixEpoch);
        return Parse(System.Text.Encoding.UTF8.GetString(bytes.ToArray()));
    }

    private static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
