using Microsoft.Extensions.Logging;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Tests.Hosting;

public class ConsoleLogTests
{
    private readonly StringWriter _output = new();

    [Theory]
    [InlineData(LogLevel.Critical, "<2>")]
    [InlineData(LogLevel.Error, "<3>")]
    [InlineData(LogLevel.Warning, "<4>")]
    [InlineData(LogLevel.Information, "<6>")]
    [InlineData(LogLevel.Debug, "<7>")]
    [InlineData(LogLevel.Trace, "<7>")]
    public void The_journal_gets_its_priority(LogLevel level, string prefix)
    {
        using var log = new ConsoleLog(new WriterSink(_output), journal: true,
            TimeProvider.System)
        { Level = LogLevel.Trace };
        log.CreateLogger("node").Log(level, "text");
        Written(log);
        Assert.Equal(prefix + "node: text\n", _output.ToString());
    }

    [Fact]
    public void What_is_below_the_level_is_not_written_and_the_level_can_change()
    {
        using var log = new ConsoleLog(new WriterSink(_output), journal: true,
            TimeProvider.System)
        { Level = LogLevel.Warning };
        ILogger logger = log.CreateLogger("node");
        logger.LogInformation("quiet");
        log.Level = LogLevel.Information;
        logger.LogInformation("loud");
        Written(log);
        Assert.Equal("<6>node: loud\n", _output.ToString());
    }

    [Fact]
    public void Control_characters_of_others_do_not_reach_the_terminal()
    {
        using var log = new ConsoleLog(new WriterSink(_output), journal: true, TimeProvider.System);
        log.CreateLogger("node").LogWarning("peer {Name}", "evil\n<2>node: forged\u001b[2J");
        Written(log);
        Assert.Equal("<4>node: peer evil <2>node: forged [2J\n", _output.ToString());
    }

    private static void Written(ConsoleLog log) => Assert.True(log.Flush(TimeSpan.FromSeconds(10)));

    [Fact]
    public void The_watchdog_beats_twice_in_its_time_and_only_for_this_process()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), ServiceManager.WatchdogInterval("10000000", null, 7));
        Assert.Equal(TimeSpan.FromSeconds(5), ServiceManager.WatchdogInterval("10000000", "7", 7));
        Assert.Null(ServiceManager.WatchdogInterval("10000000", "8", 7));
        Assert.Null(ServiceManager.WatchdogInterval(null, null, 7));
        Assert.Null(ServiceManager.WatchdogInterval("0", null, 7));
    }
}
