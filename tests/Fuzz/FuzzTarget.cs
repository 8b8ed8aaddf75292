namespace QuicProChat.Mesh.Fuzz;

/// <summary>One thing that reads bytes of strangers. Whatever it throws is a finding.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="What">What it feeds, in a few words.</param>
/// <param name="Seeds">Inputs to begin with.</param>
/// <param name="Run">Reads one input. What it does depends on nothing but that input.</param>
public sealed record FuzzTarget(string Name, string What, Func<IEnumerable<byte[]>> Seeds, FuzzTarget.Feed Run)
{
    /// <summary>Reads one input.</summary>
    public delegate void Feed(ReadOnlySpan<byte> input);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        WireTarget.Target, TextTarget.Target, ContentTarget.Target, IdentityTarget.Target,
        MlsDecoderTarget.Target, MlsGroupTarget.Target, MlsStoreTarget.Target, LiteTarget.Target,
        LiteStateTarget.Target,
        ConfigurationTarget.Target, ControlTarget.Target, ModemTarget.Target, RadioTarget.Target, RouterTarget.Target,
        GossipTarget.Target, GroupTarget.Target, FappTarget.Target,
    ];

    /// <summary>The target of a name; null if there is none.</summary>
    public static FuzzTarget? Find(string name) => All.FirstOrDefault(t => t.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
