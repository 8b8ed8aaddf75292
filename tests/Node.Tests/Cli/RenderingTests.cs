using System.Globalization;
using System.Text.Json;
using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Node.Cli;

namespace QuicProChat.Mesh.Node.Tests.Cli;

/// <summary>What people see of results.</summary>
public sealed class RenderingTests
{
    private const string Time = "2026-03-04T05:06:07.1234567+00:00";

    private static readonly DateTimeOffset _local = DateTimeOffset.Parse(Time, CultureInfo.InvariantCulture)
        .ToLocalTime();

    [Fact]
    public void Times_are_local_and_to_the_second()
    {
        string shown = Shown(
            Commands.Peers,
            $$"""[{"name":"a","address":"qpc1x","transport":"tcp","uri":"tcp://h:1","rttMs":0.5,"rxBytes":1,"txBytes":2,"since":"{{Time}}"}]""");
        Assert.Equal($"a     qpc1x    tcp        tcp://h:1  0.5    1        2        {_local:yyyy-MM-dd HH:mm:ss}",
            shown.Split('\n')[1]);
        Assert.Contains($"createdAt  {_local:yyyy-MM-dd HH:mm:ss}\n",
            Shown(Commands.Message, $$"""{"text":"{{Time}}","createdAt":"{{Time}}"}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_a_time_by_its_text_alone_stays_as_it_was_written() =>
        Assert.Contains($"text       {Time}\n",
            Shown(Commands.Message, $$"""{"text":"{{Time}}","createdAt":"{{Time}}"}"""), StringComparison.Ordinal);

    [Theory]
    [InlineData("", "qpc1x")]
    [InlineData("\"alias\":\"anna\",", "anna")]
    [InlineData("\"alias\":\"anna\",\"group\":\"walkers\",", "anna in walkers")]
    public void A_message_names_whom_it_is_with(string more, string who)
    {
        string shown = Shown(
            Commands.Messages,
            $$"""[{"id":"0a",{{more}}"direction":"in","peer":"qpc1x","text":"hi\u001b[2J","state":"received","reason":null,"createdAt":"{{Time}}"}]""");
        Assert.Equal($"0a {_local:MM-dd HH:mm:ss} from {who}: hi\u241B[2J\n", shown);
    }

    [Theory]
    [InlineData("mls-lite", "anna in walkers (unsigned): hi")]
    [InlineData("mls-lite-signed", "anna in walkers (signed): hi")]
    public void A_text_in_a_group_says_whether_its_sender_signed_it(string security, string shown) =>
        Assert.EndsWith($" from {shown}\n", Shown(
            Commands.Messages,
            $$"""[{"id":"0a","alias":"anna","group":"walkers","direction":"in","peer":"qpc1x","text":"hi","security":"{{security}}","state":"received","reason":null,"createdAt":"{{Time}}"}]"""), StringComparison.Ordinal);

    [Fact]
    public void What_came_long_after_it_was_sent_says_both_and_what_came_too_late_says_so()
    {
        const string sent = "2026-03-01T05:06:07+00:00";
        DateTimeOffset local = DateTimeOffset.Parse(sent, CultureInfo.InvariantCulture).ToLocalTime();
        string Line(string more) => Shown(
            Commands.Messages,
            $$"""[{"id":"0a",{{more}}"direction":"in","peer":"qpc1x","text":"hi","security":"sealed","state":"received","reason":null,"createdAt":"{{Time}}"}]""");
        Assert.Equal($"0a {_local:MM-dd HH:mm:ss} from qpc1x: hi\n", Line("\"sentAt\":\"2026-03-04T05:05:07+00:00\","));
        Assert.Equal($"0a sent {local:yyyy-MM-dd HH:mm:ss}, arrived {_local:MM-dd HH:mm:ss}, from qpc1x: hi\n",
            Line($"\"sentAt\":\"{sent}\","));
        Assert.Equal(
            $"0a sent {local:yyyy-MM-dd HH:mm:ss}, arrived {_local:MM-dd HH:mm:ss} after its lifetime, request from "
                + "qpc1x: hi\n",
            Line($"\"sentAt\":\"{sent}\",\"late\":true,\"request\":true,"));
    }

    [Fact]
    public void A_name_of_the_owner_from_before_the_rule_steers_no_terminal() =>
        Assert.Equal(
            $"0a {_local:MM-dd HH:mm:ss} from a\uFFFDb: hi\n", Shown(Commands.Messages,
            $$"""[{"id":"0a","alias":"a\u202Eb","direction":"in","peer":"qpc1x","text":"hi","state":"received","reason":null,"createdAt":"{{Time}}"}]"""));

    private static string Shown(CommandSpec command, string json)
    {
        using JsonDocument result = JsonDocument.Parse(json);
        using var output = new StringWriter { NewLine = "\n" };
        command.Show(ConsolePlace.ScreenOn(output), result.RootElement);
        return output.ToString();
    }
}
