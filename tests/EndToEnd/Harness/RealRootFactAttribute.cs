namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// A test that makes control groups and loop devices: who is root in a user namespace only, skips it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public class RealRootFactAttribute : FactAttribute
{
    private const string AllUsers = "4294967295";

    /// <summary>Skips where the test is not the machine's root.</summary>
    public RealRootFactAttribute()
    {
        if (Environment.UserName != "root" || !File.ReadAllText("/proc/self/uid_map").TrimEnd()
            .EndsWith(AllUsers, StringComparison.Ordinal))
            Skip = "it needs the machine's root, for a control group and a loop device";
    }
}
