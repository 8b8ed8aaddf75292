using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>
/// All commands of the node, each with what does it. Whoever adds a group of commands adds its handlers here.
/// </summary>
internal static class NodeCommands
{
    private static readonly CommandHandler[] _handlers =
    [
        .. NetworkHandlers.All, .. MessageHandlers.All, .. ContentHandlers.All, .. ConversationHandlers.All,
        .. StrangerHandlers.All, .. ContactHandlers.All, .. TranscriptHandlers.All, .. NodeHandlers.All,
        .. LiteHandlers.All,
        .. GroupHandlers.All, .. AccountHandlers.All, .. AccountDeviceHandlers.All, .. ModerationHandlers.All,
        .. RecoveryHandlers.All,
        .. ChannelHandlers.All, .. FileHandlers.All, .. PageHandlers.All, .. SettingHandlers.All,
        .. FappHandlers.All, .. FappPracticeHandlers.All, .. FappTrustHandlers.All,
    ];

    private static readonly Dictionary<CommandSpec, CommandHandler> _byCommand = _handlers.ToDictionary(h => h.Command);

    /// <summary>The commands, in the order in which help lists them.</summary>
    internal static CommandTable Table { get; } = new(_handlers.Select(h => h.Command));

    /// <summary>What does a command.</summary>
    internal static CommandHandler HandlerOf(CommandSpec command) => _byCommand[command];
}
