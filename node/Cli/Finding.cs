namespace QuicProChat.Mesh.Node.Cli;

/// <summary>How bad what a check found is.</summary>
internal enum Severity
{
    /// <summary>As it should be.</summary>
    Fine,

    /// <summary>Worth knowing; the node works.</summary>
    Note,

    /// <summary>Something does not work, or will not after the next reboot.</summary>
    Problem,
}

/// <summary>What one check of <c>ctl doctor</c> found.</summary>
/// <param name="Check">Which: clock, disk, key, ports, radio, quic, duplicates, neighbours, daemon.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Text">What is so.</param>
/// <param name="Advice">What to do; empty where nothing is to be done.</param>
internal sealed record Finding(string Check, Severity Severity, string Text, string Advice = "");
