// Written by scripts/opencode-api; do not edit.
// swift-format-ignore-file

/// OpenCode 2.1's operations: `in scope|name|method|path|query|response|errors|summary` a line; `=` before the response: in a `data` envelope.
enum OpenCodeOperations {
    static let text = ##"""
        1|Agent.list|GET|/api/agent|location|AgentListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List agents.
        1|Agent.get|GET|/api/agent/{agent_id}|location|AgentGetResponse|400 InvalidRequestError,401 UnauthorizedError,404 AgentNotFoundError,404 LocationNotFoundError|Get agent.
        1|Command.list|GET|/api/command|location|CommandListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List commands.
        1|Config.get|GET|/api/config|location|[ConfigEntry]|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Get configuration.
        0|Config.shells|GET|/api/config/shell||[ConfigShellOption]|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List available shells.
        1|Config.update|PATCH|/api/experimental/config|||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Update global configuration.
        1|Credential.list|GET|/api/credential||=[CredentialEntry]|400 InvalidRequestError,401 UnauthorizedError|List credentials.
        1|Credential.create|POST|/api/credential||=CredentialEntry|400 InvalidRequestError,401 UnauthorizedError,409 ConflictError|Create credential.
        0|Credential.update|PATCH|/api/credential/{credential_id}|||400 InvalidRequestError,401 UnauthorizedError|Update credential.
        0|Credential.activate|POST|/api/credential/{credential_id}/activate|||400 InvalidRequestError,401 UnauthorizedError|Activate credential.
        1|Credential.remove|DELETE|/api/credential/{credential_id}|||400 InvalidRequestError,401 UnauthorizedError|Remove credential.
        0|DebugLocation.list|GET|/api/debug/location||[LocationPublicRef]|400 InvalidRequestError,401 UnauthorizedError|List loaded locations.
        0|DebugLocation.evict|DELETE|/api/debug/location|location||400 InvalidRequestError,401 UnauthorizedError|Evict a loaded location.
        1|Event.subscribe|GET|/api/event|||400 InvalidRequestError,401 UnauthorizedError|Subscribe to events.
        0|ExperimentalPersistentPty.read|GET|/api/experimental/session/{session_id}/terminal/read|lines|=PersistentPtyReadResult | None|400 InvalidRequestError,401 UnauthorizedError,503 ServiceUnavailableError|Read the session's most recently controlled terminal.
        0|ExperimentalPersistentPty.list|GET|/api/experimental/session/{session_id}/terminal||=[PersistentPtyInfo]|400 InvalidRequestError,401 UnauthorizedError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.create|POST|/api/experimental/session/{session_id}/terminal||=PersistentPtyInfo|400 InvalidRequestError,401 UnauthorizedError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.shutdown|POST|/api/experimental/persistent-pty/shutdown|||400 InvalidRequestError,401 UnauthorizedError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.handoff|POST|/api/experimental/persistent-pty/handoff||ExperimentalPersistentPtyHandoffResponse|400 InvalidRequestError,401 UnauthorizedError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.get|GET|/api/experimental/persistent-pty/{pty_id}||=PersistentPtyInfo|400 InvalidRequestError,401 UnauthorizedError,404 PtyNotFoundError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.update|PUT|/api/experimental/persistent-pty/{pty_id}||=PersistentPtyInfo|400 InvalidRequestError,401 UnauthorizedError,404 PtyNotFoundError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.snapshot|GET|/api/experimental/persistent-pty/{pty_id}/snapshot||=PersistentPtySnapshot|400 InvalidRequestError,401 UnauthorizedError,404 PtyNotFoundError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.remove|DELETE|/api/experimental/persistent-pty/{pty_id}|||400 InvalidRequestError,401 UnauthorizedError,404 PtyNotFoundError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        0|ExperimentalPersistentPty.connect_token|POST|/api/experimental/persistent-pty/{pty_id}/connect-token||=PtyTicketConnectToken|400 InvalidRequestError,401 UnauthorizedError,403 ForbiddenError,404 PtyNotFoundError,503 ServiceUnavailableError|This endpoint is experimental in OpenCode and may change without notice.
        1|File.read|GET|/api/fs/read/{path}|location||400 InvalidRequestError,401 UnauthorizedError,404 FileNotFoundError,404 LocationNotFoundError|Read file.
        1|File.list|GET|/api/fs/list|location,path|FileListResponse|400 InvalidRequestError,401 UnauthorizedError,404 FileNotFoundError,404 LocationNotFoundError|List directory.
        1|File.find|GET|/api/fs/find|location,query,type,limit|FileFindResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Find files.
        1|File.write|POST|/api/experimental/fs/write|location,path|FileWriteResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Write file.
        1|Form.list|GET|/api/form|location|FormListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List pending forms.
        0|Generate.text|POST|/api/experimental/generate||=GenerateTextResponseData|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|Generate text.
        0|IntegrationWellknown.add|POST|/api/experimental/integration/wellknown|location||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Add wellknown integration.
        1|IntegrationConnect.key|POST|/api/integration/{integration_id}/connect/key|location||400 InvalidRequestError,401 UnauthorizedError,404 IntegrationNotFoundError,404 LocationNotFoundError|Connect with key.
        0|IntegrationConnect.external|POST|/api/integration/{integration_id}/connect/external|location||400 InvalidRequestError,401 UnauthorizedError,404 IntegrationNotFoundError,404 LocationNotFoundError|Connect with external credentials.
        1|IntegrationOauth.connect|POST|/api/integration/{integration_id}/connect/oauth|location|IntegrationOauthConnectResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Begin OAuth connection.
        1|IntegrationOauth.status|GET|/api/integration/{integration_id}/connect/oauth/{attempt_id}|location|IntegrationOauthStatusResponse|400 InvalidRequestError,401 UnauthorizedError,404 IntegrationNotFoundError,404 IntegrationAttemptNotFoundError,404 LocationNotFoundError|Get OAuth attempt status.
        1|IntegrationOauth.complete|POST|/api/integration/{integration_id}/connect/oauth/{attempt_id}/complete|location||400 InvalidRequestError,401 UnauthorizedError,404 IntegrationNotFoundError,404 IntegrationAttemptNotFoundError,404 LocationNotFoundError|Complete OAuth connection.
        1|IntegrationOauth.cancel|DELETE|/api/integration/{integration_id}/connect/oauth/{attempt_id}|location||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Cancel OAuth connection.
        0|IntegrationCommand.connect|POST|/api/integration/{integration_id}/connect/command|location|IntegrationCommandConnectResponse|400 InvalidRequestError,401 UnauthorizedError,404 IntegrationNotFoundError,404 IntegrationMethodNotFoundError,404 LocationNotFoundError|Begin command connection.
        0|IntegrationCommand.status|GET|/api/integration/{integration_id}/connect/command/{attempt_id}|location|IntegrationCommandStatusResponse|400 InvalidRequestError,401 UnauthorizedError,404 IntegrationNotFoundError,404 IntegrationAttemptNotFoundError,404 LocationNotFoundError|Get command attempt status.
        0|IntegrationCommand.cancel|DELETE|/api/integration/{integration_id}/connect/command/{attempt_id}|location||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Cancel command connection.
        1|Integration.list|GET|/api/integration|location|IntegrationListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List integrations.
        1|Integration.get|GET|/api/integration/{integration_id}|location|IntegrationGetResponse|400 InvalidRequestError,401 UnauthorizedError,404 IntegrationNotFoundError,404 LocationNotFoundError|Get integration.
        1|Location.get|GET|/api/location|location|LocationPublicInfo|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Get location.
        1|Location.reload|POST|/api/location/reload|||400 InvalidRequestError,401 UnauthorizedError,503 ServiceUnavailableError|Reload configuration.
        1|Mcp.catalog|GET|/api/mcp/resource|location|McpResourceCatalogResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List MCP resources.
        1|Mcp.list|GET|/api/mcp|location|McpListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List MCP servers.
        1|Mcp.add|PUT|/api/experimental/mcp/{server}|location||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Add MCP server.
        1|Mcp.remove|DELETE|/api/experimental/mcp/{server}|location||400 InvalidRequestError,401 UnauthorizedError,404 McpServerNotFoundError,404 LocationNotFoundError|Remove MCP server.
        1|Mcp.connect|POST|/api/experimental/mcp/{server}/connect|location||400 InvalidRequestError,401 UnauthorizedError,404 McpServerNotFoundError,404 LocationNotFoundError|Connect MCP server.
        1|Mcp.disconnect|POST|/api/experimental/mcp/{server}/disconnect|location||400 InvalidRequestError,401 UnauthorizedError,404 McpServerNotFoundError,404 LocationNotFoundError|Disconnect MCP server.
        1|Message.list|GET|/api/session/{session_id}/message|limit,order,cursor,type|SessionMessagesResponse|400 InvalidCursorError,400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,500 UnknownError|Get session messages.
        0|MigrationV1.status|GET|/api/experimental/migration/v1||MigrationV1StatusResponseOption1 | MigrationV1StatusResponseOption2 | MigrationV1StatusResponseOption3|400 InvalidRequestError,401 UnauthorizedError|Get V1 migration status.
        1|Model.list|GET|/api/model|location|ModelListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|List models.
        1|Model.default|GET|/api/model/default|location|ModelDefaultResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|Get default model.
        1|PermissionRequest.list|GET|/api/permission/request|location|PermissionRequestListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List pending permission requests.
        1|PermissionSaved.list|GET|/api/permission/saved|projectID|=[PermissionSavedInfo]|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List saved permissions.
        1|PermissionSaved.update|PATCH|/api/permission/saved/{id}||=PermissionSavedInfo|400 InvalidRequestError,401 UnauthorizedError,404 PermissionSavedNotFoundError,404 LocationNotFoundError,409 ConflictError|Update saved permission.
        1|PermissionSaved.remove|DELETE|/api/permission/saved/{id}|||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Remove saved permission.
        1|Permission.create|POST|/api/session/{session_id}/permission||=PermissionCreateResponse|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Create permission request.
        1|Permission.list|GET|/api/session/{session_id}/permission||=[PermissionRequest]|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|List session permission requests.
        1|Permission.get|GET|/api/session/{session_id}/permission/{request_id}||=PermissionRequest|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 PermissionNotFoundError,404 LocationNotFoundError|Get permission request.
        1|Permission.reply|POST|/api/session/{session_id}/permission/{request_id}/reply|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 PermissionNotFoundError,404 LocationNotFoundError|Reply to pending permission request.
        1|Plugin.list|GET|/api/plugin|location|PluginListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List plugins.
        0|Plugin.check|POST|/api/plugin/check|location|PluginCheckResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Check plugin updates.
        0|Plugin.update|POST|/api/plugin/update|location||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|Update plugins.
        1|Project.list|GET|/api/project|archived|[Project]|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List projects.
        1|Project.update|PATCH|/api/project/{project_id}||Project|400 InvalidRequestError,401 UnauthorizedError,404 ProjectNotFoundError,404 LocationNotFoundError|Update project.
        1|Provider.list|GET|/api/provider|location|ProviderListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|List providers.
        1|Provider.get|GET|/api/provider/{provider_id}|location|ProviderGetResponse|400 InvalidRequestError,401 UnauthorizedError,404 ProviderNotFoundError,404 LocationNotFoundError,503 ServiceUnavailableError|Get provider.
        1|PtyConnect.token|POST|/api/pty/{pty_id}/connect-token|location|PtyConnectTokenResponse|400 InvalidRequestError,401 UnauthorizedError,403 ForbiddenError,404 PtyNotFoundError,404 LocationNotFoundError|Create PTY WebSocket token.
        1|Pty.list|GET|/api/pty|location|PtyListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List PTY sessions.
        1|Pty.create|POST|/api/pty|location|PtyCreateResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Create PTY session.
        1|Pty.get|GET|/api/pty/{pty_id}|location|PtyGetResponse|400 InvalidRequestError,401 UnauthorizedError,404 PtyNotFoundError,404 LocationNotFoundError|Get PTY session.
        1|Pty.update|PUT|/api/pty/{pty_id}|location|PtyUpdateResponse|400 InvalidRequestError,401 UnauthorizedError,404 PtyNotFoundError,404 LocationNotFoundError|Update PTY session.
        1|Pty.remove|DELETE|/api/pty/{pty_id}|location||400 InvalidRequestError,401 UnauthorizedError,404 PtyNotFoundError,404 LocationNotFoundError|Remove PTY session.
        0|Reference.list|GET|/api/reference|location|ReferenceListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List references.
        0|Rpc.call|POST|/api/rpc/{rpc_id}/{method}|location|RpcOutput|400 RpcError,400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,500 RpcInternalError|Call a plugin RPC.
        1|Server.info|GET|/api/info||ServerInfo|400 InvalidRequestError,401 UnauthorizedError|Get server info.
        0|Server.pair|POST|/api/pair||PairingCode|400 InvalidRequestError,401 UnauthorizedError|Create pairing code.
        0|Server.connect|GET|/auth/connect/{code}||PairingSession|400 InvalidRequestError,401 UnauthorizedError|Redeem pairing code.
        1|SessionRevert.stage|POST|/api/session/{session_id}/revert/stage||=SessionRevert|400 InvalidRequestError,401 UnauthorizedError,404 MessageNotFoundError,404 SessionNotFoundError,404 LocationNotFoundError,409 SessionBusyError,500 UnknownError|Stage session revert.
        1|SessionRevert.clear|DELETE|/api/session/{session_id}/revert|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,409 SessionBusyError,500 UnknownError|Clear staged revert.
        1|SessionRevert.commit|POST|/api/session/{session_id}/revert/commit|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,409 SessionBusyError|Commit staged revert.
        1|SessionInbox.list|GET|/api/session/{session_id}/inbox||=[SessionInboxInfo]|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|List session inbox.
        1|SessionInbox.cancel|DELETE|/api/session/{session_id}/inbox/{inbox_id}|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|Cancel inbox input.
        1|SessionInbox.update|PATCH|/api/session/{session_id}/inbox/{inbox_id}|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,409 ConflictError|Update inbox item.
        1|SessionInstructionsEntry.list|GET|/api/experimental/session/{session_id}/instructions/entries||=[InstructionEntryInfo]|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|List instruction entries.
        1|SessionInstructionsEntry.put|PUT|/api/experimental/session/{session_id}/instructions/entries/{key}|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,413 InstructionEntryValueTooLargeError|Put instruction entry.
        1|SessionInstructionsEntry.remove|DELETE|/api/experimental/session/{session_id}/instructions/entries/{key}|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Remove instruction entry.
        1|SessionMessage.get|GET|/api/session/{session_id}/message/{message_id}||=SessionMessageInfo|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 MessageNotFoundError|Get session message.
        1|SessionForm.list|GET|/api/session/{session_id}/form||=[FormInfo]|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|List session forms.
        1|SessionForm.create|POST|/api/session/{session_id}/form||=FormInfo|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,409 ConflictError|Create session form.
        1|SessionForm.get|GET|/api/session/{session_id}/form/{form_id}||=FormDetail|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 FormNotFoundError,404 LocationNotFoundError|Get session form.
        1|SessionForm.reply|POST|/api/session/{session_id}/form/{form_id}/reply|||400 FormInvalidAnswerError,400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 FormNotFoundError,404 LocationNotFoundError,409 FormAlreadySettledError|Reply to form.
        1|SessionForm.cancel|DELETE|/api/session/{session_id}/form/{form_id}|message||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 FormNotFoundError,404 LocationNotFoundError,409 FormAlreadySettledError|Cancel form.
        1|Session.list|GET|/api/session|limit,order,search,parentID,archived,directory,project,subpath,cursor|SessionsResponse|400 InvalidCursorError,400 InvalidRequestError,401 UnauthorizedError|List sessions.
        1|Session.stats|GET|/api/experimental/session/stats|from,to,project,timezone,tools|=SessionStatsInfo|400 InvalidRequestError,401 UnauthorizedError|Get session statistics.
        1|Session.create|POST|/api/session||=SessionInfo|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|Create session.
        1|Session.import_|POST|/api/experimental/session/import||=SessionInfo|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,409 ConflictError|Import session.
        1|Session.export|GET|/api/experimental/session/{session_id}/export|sanitize|=SessionTransferData|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,500 UnknownError|Export session.
        1|Session.active|GET|/api/session/active||={SessionActive}|400 InvalidRequestError,401 UnauthorizedError|List active sessions.
        1|Session.get|GET|/api/session/{session_id}||=SessionInfo|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|Get session.
        1|Session.remove|DELETE|/api/session/{session_id}|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|Delete session.
        1|Session.fork|POST|/api/session/{session_id}/fork||=SessionInfo|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 MessageNotFoundError,404 LocationNotFoundError|Fork session.
        1|Session.switch_agent|POST|/api/session/{session_id}/agent|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Switch session agent.
        1|Session.switch_model|POST|/api/session/{session_id}/model|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Switch session model.
        1|Session.update|PATCH|/api/session/{session_id}|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Update session.
        1|Session.move|POST|/api/session/{session_id}/move|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|Move session.
        1|Session.prompt|POST|/api/session/{session_id}/prompt||=SessionInboxUser|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,409 ConflictError|Send message.
        1|Session.command|POST|/api/session/{session_id}/command|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 CommandNotFoundError,404 LocationNotFoundError,500 CommandExecutionError|Run command.
        1|Session.skill|POST|/api/experimental/session/{session_id}/skill|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 SkillNotFoundError,404 LocationNotFoundError|Activate skill.
        1|Session.synthetic|POST|/api/session/{session_id}/synthetic||=SessionInboxSynthetic|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,409 ConflictError|Add synthetic message.
        1|Session.shell|POST|/api/session/{session_id}/shell|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Run shell command.
        1|Session.compact|POST|/api/session/{session_id}/compact||=SessionInboxCompaction|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,409 ConflictError|Compact session.
        1|Session.wait|POST|/api/experimental/session/{session_id}/wait|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,503 ServiceUnavailableError|Wait for session.
        1|Session.context|GET|/api/session/{session_id}/context||=[SessionMessageInfo]|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,500 UnknownError|Get session context.
        1|Session.diff|GET|/api/session/{session_id}/diff|from,to,context|=[FileDiffInfo]|400 InvalidRequestError,401 UnauthorizedError,404 MessageNotFoundError,404 SessionNotFoundError,404 LocationNotFoundError,500 UnknownError|Diff session turns.
        0|Session.generate|POST|/api/session/{session_id}/generate||=SessionGenerateResponseData|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError,503 ServiceUnavailableError|Generate text from session context.
        1|Session.log|GET|/api/experimental/session/{session_id}/log|after,follow||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|Read the session log.
        1|Session.interrupt|POST|/api/session/{session_id}/interrupt|resume|SessionInterruptResponse|400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Interrupt session execution.
        1|Session.background|POST|/api/session/{session_id}/background|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError,404 LocationNotFoundError|Background blocking session tools.
        1|Session.environment|PUT|/api/session/{session_id}/environment|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|Set session environment.
        0|Session.view|POST|/api/session/{session_id}/view|||400 InvalidRequestError,401 UnauthorizedError,404 SessionNotFoundError|View session.
        1|Shell.list|GET|/api/shell|location|ShellListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List running shell commands.
        1|Shell.create|POST|/api/shell|location|ShellCreateResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Run shell command.
        1|Shell.get|GET|/api/shell/{id}|location|ShellGetResponse|400 InvalidRequestError,401 UnauthorizedError,404 ShellNotFoundError,404 LocationNotFoundError|Get shell command.
        1|Shell.output|GET|/api/shell/{id}/output|location,cursor,limit|ShellOutputResponse|400 InvalidRequestError,401 UnauthorizedError,404 ShellNotFoundError,404 LocationNotFoundError|Read shell output.
        1|Shell.remove|DELETE|/api/shell/{id}|location||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|Remove shell command.
        1|Skill.list|GET|/api/skill|location|SkillListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|List skills.
        1|VcsBranch.list|GET|/api/vcs/branch|location,search,limit|VcsBranchListResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|VCS branches.
        0|Vcs.init|POST|/api/vcs/init|location,provider||400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,409 ConflictError,501 VcsInitNotSupportedError,503 ServiceUnavailableError|Initialize VCS repository.
        1|Vcs.get|GET|/api/vcs|location|VcsGetResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|VCS info.
        1|Vcs.base|GET|/api/vcs/base|location|VcsBaseResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|VCS review base.
        1|Vcs.status|GET|/api/vcs/status|location|VcsStatusResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError|VCS status.
        1|Vcs.diff|GET|/api/vcs/diff|location,mode,base,context|VcsDiffResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|VCS diff.
        0|Voice.session|POST|/api/experimental/voice/session||=VoiceSessionResponseData|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|Create voice session.
        0|Websearch.providers|GET|/api/websearch/provider|location|WebsearchProvidersResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|List web search providers.
        0|Websearch.query|POST|/api/websearch|location|WebsearchQueryResponse|400 InvalidRequestError,401 UnauthorizedError,404 LocationNotFoundError,503 ServiceUnavailableError|Search the web.
        1|Worktree.list|GET|/api/worktree|projectID|WorktreeList|400 InvalidRequestError,401 UnauthorizedError,404 ProjectNotFoundError|List worktrees.
        1|Worktree.create|POST|/api/worktree||WorktreeInfo|400 WorktreeError,400 InvalidRequestError,401 UnauthorizedError,404 ProjectNotFoundError|Create worktree.
        1|Worktree.remove|DELETE|/api/worktree|||400 WorktreeError,400 InvalidRequestError,401 UnauthorizedError,404 ProjectNotFoundError|Remove worktree.
        1|Worktree.refresh|POST|/api/worktree/refresh|||400 WorktreeError,400 InvalidRequestError,401 UnauthorizedError,404 ProjectNotFoundError|Refresh worktrees.
        """##
}
