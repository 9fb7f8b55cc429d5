@testable import Providers

/// Recorded bodies of `Fixture.request` with low effort, native reasoning and cache marks.
enum GoldenBody {
    static func text(_ api: WireAPI) -> String {
        switch api {
        case .openAIChat: openAIChat
        case .openAIResponses: openAIResponses
        case .anthropic: anthropic
        case .google: google
        case .bedrock: bedrock
        }
    }

    private static let openAIChat = #"""
        {
          "model": "m",
          "stream": true,
          "stream_options": {
            "include_usage": true
          },
          "max_tokens": 1000,
          "reasoning_effort": "low",
          "prompt_cache_key": "ses_1",
          "tools": [
            {
              "type": "function",
              "function": {
                "name": "read",
                "description": "Reads.",
                "parameters": {
                  "type": "object",
                  "properties": {
                    "path": {
                      "type": "string"
                    }
                  },
                  "required": [
                    "path"
                  ]
                }
              }
            },
            {
              "type": "function",
              "function": {
                "name": "bash",
                "description": "Runs.",
                "parameters": {
                  "type": "object",
                  "properties": {}
                }
              }
            }
          ],
          "messages": [
            {
              "role": "system",
              "content": "You are S.\n\nEnv."
            },
            {
              "role": "user",
              "content": [
                {
                  "type": "text",
                  "text": "look"
                },
                {
                  "type": "image_url",
                  "image_url": {
                    "url": "data:image/png;base64,AAAA"
                  }
                }
              ]
            },
            {
              "role": "assistant",
              "content": "I read.",
              "reasoning_content": "hm",
              "tool_calls": [
                {
                  "id": "call_1",
                  "type": "function",
                  "function": {
                    "name": "read",
                    "arguments": "{\"path\":\"a\"}"
                  }
                },
                {
                  "id": "call_2",
                  "type": "function",
                  "function": {
                    "name": "bash",
                    "arguments": "{}"
                  }
                }
              ]
            },
            {
              "role": "tool",
              "tool_call_id": "call_1",
              "content": "A"
            },
            {
              "role": "tool",
              "tool_call_id": "call_2",
              "content": "Error: boom"
            },
            {
              "role": "user",
              "content": [
                {
                  "type": "text",
                  "text": "Attachment of the result of bash:"
                },
                {
                  "type": "image_url",
                  "image_url": {
                    "url": "data:image/png;base64,BBBB"
                  }
                }
              ]
            },
            {
              "role": "user",
              "content": [
                {
                  "type": "text",
                  "text": "go on"
                },
                {
                  "type": "file",
                  "file": {
                    "filename": "d.pdf",
                    "file_data": "data:application/pdf;base64,CCCC"
                  }
                }
              ]
            }
          ]
        }
        """#

    private static let openAIResponses = #"""
        {
          "model": "m",
          "stream": true,
          "store": false,
          "max_output_tokens": 1000,
          "reasoning": {
            "effort": "low",
            "summary": "auto"
          },
          "include": [
            "reasoning.encrypted_content"
          ],
          "prompt_cache_key": "ses_1",
          "instructions": "You are S.\n\nEnv.",
          "tools": [
            {
              "type": "function",
              "name": "read",
              "description": "Reads.",
              "parameters": {
                "type": "object",
                "properties": {
                  "path": {
                    "type": "string"
                  }
                },
                "required": [
                  "path"
                ]
              },
              "strict": false
            },
            {
              "type": "function",
              "name": "bash",
              "description": "Runs.",
              "parameters": {
                "type": "object",
                "properties": {}
              },
              "strict": false
            }
          ],
          "parallel_tool_calls": true,
          "tool_choice": "auto",
          "input": [
            {
              "type": "message",
              "role": "user",
              "content": [
                {
                  "type": "input_text",
                  "text": "look"
                },
                {
                  "type": "input_image",
                  "image_url": "data:image/png;base64,AAAA"
                }
              ]
            },
            {
              "type": "reasoning",
              "id": "rs",
              "summary": [],
              "encrypted_content": "E"
            },
            {
              "type": "message",
              "role": "assistant",
              "content": [
                {
                  "type": "output_text",
                  "text": "I read."
                }
              ]
            },
            {
              "type": "function_call",
              "call_id": "call_1",
              "name": "read",
              "arguments": "{\"path\":\"a\"}"
            },
            {
              "type": "function_call",
              "call_id": "call_2",
              "name": "bash",
              "arguments": "{}"
            },
            {
              "type": "function_call_output",
              "call_id": "call_1",
              "output": "A"
            },
            {
              "type": "function_call_output",
              "call_id": "call_2",
              "output": [
                {
                  "type": "input_text",
                  "text": "Error: boom"
                },
                {
                  "type": "input_image",
                  "image_url": "data:image/png;base64,BBBB"
                }
              ]
            },
            {
              "type": "message",
              "role": "user",
              "content": [
                {
                  "type": "input_text",
                  "text": "go on"
                },
                {
                  "type": "input_file",
                  "filename": "d.pdf",
                  "file_data": "data:application/pdf;base64,CCCC"
                }
              ]
            }
          ]
        }
        """#

    private static let anthropic = #"""
        {
          "model": "m",
          "max_tokens": 1000,
          "stream": true,
          "tools": [
            {
              "name": "read",
              "description": "Reads.",
              "input_schema": {
                "type": "object",
                "properties": {
                  "path": {
                    "type": "string"
                  }
                },
                "required": [
                  "path"
                ]
              }
            },
            {
              "name": "bash",
              "description": "Runs.",
              "input_schema": {
                "type": "object",
                "properties": {}
              },
              "cache_control": {
                "type": "ephemeral"
              }
            }
          ],
          "system": [
            {
              "type": "text",
              "text": "You are S."
            },
            {
              "type": "text",
              "text": "Env.",
              "cache_control": {
                "type": "ephemeral"
              }
            }
          ],
          "messages": [
            {
              "role": "user",
              "content": [
                {
                  "type": "text",
                  "text": "look"
                },
                {
                  "type": "image",
                  "source": {
                    "type": "base64",
                    "media_type": "image/png",
                    "data": "AAAA"
                  },
                  "cache_control": {
                    "type": "ephemeral"
                  }
                }
              ]
            },
            {
              "role": "assistant",
              "content": [
                {
                  "type": "thinking",
                  "thinking": "hm",
                  "signature": "SIG"
                },
                {
                  "type": "text",
                  "text": "I read."
                },
                {
                  "type": "tool_use",
                  "id": "call_1",
                  "name": "read",
                  "input": {
                    "path": "a"
                  }
                },
                {
                  "type": "tool_use",
                  "id": "call_2",
                  "name": "bash",
                  "input": {}
                }
              ]
            },
            {
              "role": "user",
              "content": [
                {
                  "type": "tool_result",
                  "tool_use_id": "call_1",
                  "content": [
                    {
                      "type": "text",
                      "text": "A"
                    }
                  ]
                },
                {
                  "type": "tool_result",
                  "tool_use_id": "call_2",
                  "content": [
                    {
                      "type": "text",
                      "text": "boom"
                    }
                  ],
                  "is_error": true
                },
                {
                  "type": "image",
                  "source": {
                    "type": "base64",
                    "media_type": "image/png",
                    "data": "BBBB"
                  }
                },
                {
                  "type": "text",
                  "text": "go on"
                },
                {
                  "type": "document",
                  "source": {
                    "type": "base64",
                    "media_type": "application/pdf",
                    "data": "CCCC"
                  },
                  "title": "d.pdf",
                  "cache_control": {
                    "type": "ephemeral"
                  }
                }
              ]
            }
          ]
        }
        """#

    private static let google = #"""
        {
          "systemInstruction": {
            "parts": [
              {
                "text": "You are S."
              },
              {
                "text": "Env."
              }
            ]
          },
          "tools": [
            {
              "functionDeclarations": [
                {
                  "name": "read",
                  "description": "Reads.",
                  "parametersJsonSchema": {
                    "type": "object",
                    "properties": {
                      "path": {
                        "type": "string"
                      }
                    },
                    "required": [
                      "path"
                    ]
                  }
                },
                {
                  "name": "bash",
                  "description": "Runs.",
                  "parametersJsonSchema": {
                    "type": "object",
                    "properties": {}
                  }
                }
              ]
            }
          ],
          "generationConfig": {
            "maxOutputTokens": 1000,
            "thinkingConfig": {
              "includeThoughts": true,
              "thinkingBudget": 2048
            }
          },
          "contents": [
            {
              "role": "user",
              "parts": [
                {
                  "text": "look"
                },
                {
                  "inlineData": {
                    "mimeType": "image/png",
                    "data": "AAAA"
                  }
                }
              ]
            },
            {
              "role": "model",
              "parts": [
                {
                  "text": "I read.",
                  "thoughtSignature": "SIG"
                },
                {
                  "functionCall": {
                    "name": "read",
                    "args": {
                      "path": "a"
                    },
                    "id": "call_1"
                  }
                },
                {
                  "functionCall": {
                    "name": "bash",
                    "args": {},
                    "id": "call_2"
                  }
                }
              ]
            },
            {
              "role": "user",
              "parts": [
                {
                  "functionResponse": {
                    "id": "call_1",
                    "name": "read",
                    "response": {
                      "output": "A"
                    }
                  }
                },
                {
                  "functionResponse": {
                    "id": "call_2",
                    "name": "bash",
                    "response": {
                      "error": "boom"
                    }
                  }
                },
                {
                  "inlineData": {
                    "mimeType": "image/png",
                    "data": "BBBB"
                  }
                },
                {
                  "text": "go on"
                },
                {
                  "inlineData": {
                    "mimeType": "application/pdf",
                    "data": "CCCC"
                  }
                }
              ]
            }
          ]
        }
        """#

    private static let bedrock = #"""
        {
          "inferenceConfig": {
            "maxTokens": 1000
          },
          "toolConfig": {
            "tools": [
              {
                "toolSpec": {
                  "name": "read",
                  "description": "Reads.",
                  "inputSchema": {
                    "json": {
                      "type": "object",
                      "properties": {
                        "path": {
                          "type": "string"
                        }
                      },
                      "required": [
                        "path"
                      ]
                    }
                  }
                }
              },
              {
                "toolSpec": {
                  "name": "bash",
                  "description": "Runs.",
                  "inputSchema": {
                    "json": {
                      "type": "object",
                      "properties": {}
                    }
                  }
                }
              },
              {
                "cachePoint": {
                  "type": "default"
                }
              }
            ]
          },
          "system": [
            {
              "text": "You are S."
            },
            {
              "text": "Env."
            },
            {
              "cachePoint": {
                "type": "default"
              }
            }
          ],
          "messages": [
            {
              "role": "user",
              "content": [
                {
                  "text": "look"
                },
                {
                  "image": {
                    "format": "png",
                    "source": {
                      "bytes": "AAAA"
                    }
                  }
                },
                {
                  "cachePoint": {
                    "type": "default"
                  }
                }
              ]
            },
            {
              "role": "assistant",
              "content": [
                {
                  "reasoningContent": {
                    "reasoningText": {
                      "text": "hm",
                      "signature": "SIG"
                    }
                  }
                },
                {
                  "text": "I read."
                },
                {
                  "toolUse": {
                    "toolUseId": "call_1",
                    "name": "read",
                    "input": {
                      "path": "a"
                    }
                  }
                },
                {
                  "toolUse": {
                    "toolUseId": "call_2",
                    "name": "bash",
                    "input": {}
                  }
                }
              ]
            },
            {
              "role": "user",
              "content": [
                {
                  "toolResult": {
                    "toolUseId": "call_1",
                    "content": [
                      {
                        "text": "A"
                      }
                    ]
                  }
                },
                {
                  "toolResult": {
                    "toolUseId": "call_2",
                    "content": [
                      {
                        "text": "boom"
                      },
                      {
                        "image": {
                          "format": "png",
                          "source": {
                            "bytes": "BBBB"
                          }
                        }
                      }
                    ],
                    "status": "error"
                  }
                },
                {
                  "text": "go on"
                },
                {
                  "document": {
                    "format": "pdf",
                    "name": "d-pdf 1",
                    "source": {
                      "bytes": "CCCC"
                    }
                  }
                },
                {
                  "cachePoint": {
                    "type": "default"
                  }
                }
              ]
            }
          ]
        }
        """#
}
