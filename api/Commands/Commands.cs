namespace QuicProChat.Mesh.Api;

/// <summary>
/// The commands of the control socket, which are those of <c>ctl</c> and of the console: each in a file of its own,
/// with the
/// types of its request and its result. docs/guide/adding-a-command.md says how another one is added.
/// </summary>
public static partial class Commands
{
}
