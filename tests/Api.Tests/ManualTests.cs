using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace QuicProChat.Mesh.Api.Tests;

/// <summary>
/// docs/reference/control.md says of every command what it is called, what it takes and what it answers.
/// </summary>
public sealed partial class ManualTests
{
    private static readonly string _page = File.ReadAllText(Repository.File("docs", "reference", "control.md"));

    public static TheoryData<string> Names => AllCommands.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_command_has_a_row_that_names_its_keys(string name)
    {
        CommandSpec command = AllCommands.Table.Find(name)!;
        string[] rows = [.. Rows().Where(r => CommandsOf(r).Contains(name))];
        Assert.NotEmpty(rows);
        string all = string.Join('\n', rows);
        Assert.All(
            command.Arguments.Where(a => a.Place != ArgumentPlace.Nowhere),
            a => Assert.Contains($"`{a.Key}`", all, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_key_of_a_result_is_on_the_page(string name)
    {
        var words = new HashSet<string>(Word().Matches(_page).Select(m => m.Value));
        Assert.All(KeysOf(AllCommands.Table.Find(name)!.ResultInfo), key => Assert.Contains(key, words));
    }

    [Fact]
    public void No_row_is_about_a_command_that_is_not_there() =>
        Assert.All(Rows().SelectMany(CommandsOf), name => Assert.NotNull(AllCommands.Table.Find(name)));

    [Fact]
    public void Every_event_is_on_the_page() =>
        Assert.All(Events.All, e => Assert.Contains($"`{e.Name}`", _page, StringComparison.Ordinal));

    /// <summary>The rows of the table of commands: behind its head, up to the first line that is no row.</summary>
    private static IEnumerable<string> Rows() =>
        _page[_page.IndexOf("| command | keys | result |", StringComparison.Ordinal)..].Split('\n').Skip(2)
            .TakeWhile(l => l.StartsWith('|'));

    private static IEnumerable<string> CommandsOf(string row) => Command().Matches(row.Split('|')[1])
        .Select(m => m.Groups[1].Value)
        .Take(row.Split('|')[1].Contains(" with ", StringComparison.Ordinal) ? 1 : int.MaxValue);

    private static IEnumerable<string> KeysOf(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Enumerable)
            return type.ElementType is { } item && ApiJson.Default.GetTypeInfo(item) is { } info ? KeysOf(info) : [];
        return type.Properties.SelectMany(
            p => (string[])[p.Name, .. KeysOf(ApiJson.Default.GetTypeInfo(p.PropertyType)!)]);
    }

    [GeneratedRegex("`([a-z-]+)`")]
    private static partial Regex Command();

    [GeneratedRegex("[A-Za-z][A-Za-z0-9]*")]
    private static partial Regex Word();
}
