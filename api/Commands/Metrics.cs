namespace QuicProChat.Mesh.Api;

/// <summary>Counters and gauges.</summary>
/// <param name="Text">In Prometheus' text format.</param>
public sealed record MetricsInfo(string Text);

/// <content><c>metrics</c>.</content>
public static partial class Commands
{
    /// <summary><c>metrics</c>: counters and gauges.</summary>
    public static CommandSpec<NoArguments, MetricsInfo> Metrics { get; } = new(
        "metrics", CommandGroup.Node, "Counters in Prometheus' text format.", json => json.MetricsInfo)
    {
        Console = [new("/mesh metrics", "", "counters")],
        Rendering = (screen, metrics) => screen.Write(metrics.Text),
    };
}
