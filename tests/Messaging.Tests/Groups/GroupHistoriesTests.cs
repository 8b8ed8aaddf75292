using System.Globalization;
using Xunit.Abstractions;

namespace QuicProChat.Mesh.Messaging.Tests.Groups;

/// <summary>
/// Seeded histories. QPC_GROUP_HISTORIES says how many (the default is 40; docs/reference/groups.md names the figures
/// of 300), and QPC_GROUP_SEED runs one alone. With QPC_GROUP_WRITES_LESS=1 members write what the node writes, and
/// not whenever something leaves (docs/reference/groups.md).
/// </summary>
public class GroupHistoriesTests(ITestOutputHelper output)
{
    private const int Steps = 60;

    [Fact]
    public void Honest_members_that_are_connected_again_agree_within_30_s_and_have_every_message()
    {
        int count = Number("QPC_GROUP_HISTORIES") ?? 40;
        IEnumerable<int> seeds = Number("QPC_GROUP_SEED") is { } seed ? [seed] : Enumerable.Range(1, count);
        List<string> failures = [];
        List<GroupHistory> done = [];
        foreach (int next in seeds)
        {
            try
            {
                var history = new GroupHistory(next, writesLess: Number("QPC_GROUP_WRITES_LESS") == 1);
                history.Run(Steps);
                done.Add(history);
                if (history.Lost + history.Unreadable + history.Twice > 0)
                    failures.Add($"seed {next}: lost {history.Lost}, unreadable {history.Unreadable}, twice "
                        + $"{history.Twice} {history.Trouble}");
            }
            catch (Exception e)
            {
                failures.Add($"seed {next}: "
                    + $"{e.Message}\n{e.StackTrace?.Split('\n').FirstOrDefault(l => l.Contains("messaging"))}");
            }
        }

        if (done.Count > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                {done.Count} histories: agreement after {done.Average(h =>
                    h.Agreement.TotalSeconds):f1} s on average and
                {done.Max(h => h.Agreement.TotalSeconds):f1} s at most; {done.Sum(h => h.Texts)} texts,
                    {done.Sum(h => h.Lost)} lost,
                {done.Sum(h => h.Unreadable)} unreadable, {done.Sum(h => h.Twice)} twice; {done.Sum(h =>
                    (long)h.Epochs)} epochs,
                {done.Sum(h => h.Forks)} changes of branch, {done.Sum(h => h.Rejoins)} rejoins; {done.Sum(h =>
                    h.Stranded)} newcomers of branches that lost; liars out in {done.Count(h => h.LiarIsOut)}
                """));
        }

        Assert.True(failures.Count == 0, $"{failures.Count} fail\n" + string.Join("\n", failures.Take(6)));
    }

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value)
            ? value : null;
}
